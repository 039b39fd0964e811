//go:build unix

package tcp_test

import "syscall"

// What package net's errors are, and what comes after a reset.
const (
	connReset   = syscall.ECONNRESET
	connRefused = syscall.ECONNREFUSED
	addrInUse   = syscall.EADDRINUSE
	afterReset  = syscall.EPIPE
)

// connected reports whether the socket has a peer.
func connected(fd uintptr) bool {
	_, err := syscall.Getpeername(int(fd))
	return err == nil
}
