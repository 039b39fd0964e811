//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// domainOf returns the family of a socket, or -1 for one of another kind. The protocol is not reported.
func domainOf(fd int) (domain, protocol int) {
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return -1, 0
	}
	switch sa.(type) {
	case *unix.SockaddrInet4:
		return unix.AF_INET, 0
	case *unix.SockaddrInet6:
		return unix.AF_INET6, 0
	case *unix.SockaddrUnix:
		return unix.AF_UNIX, 0
	}
	return -1, 0
}

// isTCP takes every stream for TCP.
func isTCP(int) bool { return true }

// layered is for a system whose short reads prove nothing in any case.
func layered(int) bool { return false }

// ReportsListening says that Describe finds out whether a socket listens. Darwin and OpenBSD do not tell.
const ReportsListening = runtime.GOOS != "darwin" && runtime.GOOS != "openbsd"
