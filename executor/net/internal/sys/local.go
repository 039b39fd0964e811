package sys

// A Kind is what a Unix socket carries.
type Kind uint8

const (
	Stream Kind = iota
	Datagram
	Seqpacket
)

// Network is the name of k in package net.
func (k Kind) Network() string {
	return [...]string{Stream: "unix", Datagram: "unixgram", Seqpacket: "unixpacket"}[k]
}

// A Name is the address of a Unix socket as the system gives it, in memory that the caller brings.
type Name struct {
	bytes [maxName]byte
	n     int
}

// maxName is the longest that any system has, and one more.
const maxName = 110

// Bytes is the name as package net writes it: an abstract one begins with @.
func (n *Name) Bytes() []byte { return n.bytes[:n.n] }

// A Message is what came of receiving from a Unix socket.
type Message struct {
	N         int  // bytes
	FDs       int  // descriptors
	Truncated bool // there were more bytes in the message
	Lost      bool // there were more descriptors, which are closed
}

// Credentials are who is at the other end.
type Credentials struct{ PID, UID, GID int }
