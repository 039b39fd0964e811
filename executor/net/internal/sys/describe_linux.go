package sys

import "golang.org/x/sys/unix"

// domainOf returns the family and the protocol of a socket, or -1 for the first.
func domainOf(fd int) (domain, protocol int) {
	domain, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	if err != nil {
		return -1, 0
	}
	protocol, _ = unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PROTOCOL)
	return domain, protocol
}

// isTCP reports whether a protocol of streams is TCP. Multipath TCP, which package net listens with by default, works in
// the same way: its reads, too, continue until the socket is empty.
func isTCP(protocol int) bool {
	return protocol == unix.IPPROTO_TCP || protocol == unix.IPPROTO_MPTCP
}

// layered reports whether the kernel has a protocol above the TCP of fd.
func layered(fd int) bool {
	name, err := unix.GetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_ULP)
	return err == nil && name != "" && name != "mptcp"
}

// ReportsListening says that Describe finds out whether a socket listens.
const ReportsListening = true
