package sys

import "errors"

// ErrNotSocket is the error of Dup for a descriptor that is no socket, where Dup duplicates nothing else.
var ErrNotSocket = errors.New("not a socket")

// A Description is what [Describe] finds out about a descriptor.
type Description struct {
	// Network is "tcp", "udp", "unix", "unixgram" or "unixpacket", or empty for anything else.
	Network string
	Family  Family // of "tcp" and "udp"

	Listens   bool
	Connected bool

	// Boundaries says that a short read of a stream proves nothing: the kernel has a protocol above TCP, as kTLS is.
	Boundaries bool
}

// String returns what it is, for errors.
func (d Description) String() string {
	name := KindOf(d.Network)
	switch {
	case name == "":
		return "neither a TCP, nor a UDP, nor a Unix socket"
	case d.Listens:
		return "a listening " + name + " socket"
	case d.Connected:
		return "a connected " + name + " socket"
	default:
		return "a " + name + " socket that is not connected"
	}
}

// KindOf returns the words for a network, or an empty string for none of those in a [Description].
func KindOf(network string) string {
	switch network {
	case "tcp":
		return "TCP"
	case "udp":
		return "UDP"
	case "unix":
		return "Unix stream"
	case "unixgram":
		return "Unix datagram"
	case "unixpacket":
		return "Unix seqpacket"
	}
	return ""
}
