package sys

// A Kind is what a Unix socket carries.
type Kind uint8

const (
	Stream Kind = iota
	Datagram
	Seqpacket
)

// Network returns the name of k in package net.
func (k Kind) Network() string {
	return [...]string{Stream: "unix", Datagram: "unixgram", Seqpacket: "unixpacket"}[k]
}

// A Message is the result of receiving from a Unix socket.
type Message struct {
	N         int  // bytes
	FDs       int  // descriptors
	Truncated bool // there were more bytes in the message
	Lost      bool // there were more descriptors, and they are closed
}

// Credentials identify the process at the other end.
type Credentials struct{ PID, UID, GID int }
