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

// A Message is what came of receiving from a Unix socket.
type Message struct {
	N         int  // bytes
	FDs       int  // descriptors
	Truncated bool // there were more bytes in the message
	Lost      bool // there were more descriptors, which are closed
}

// Credentials are who is at the other end.
type Credentials struct{ PID, UID, GID int }
