package tcp_test

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// What package net's errors are, and what comes after a reset.
const (
	connReset   = windows.WSAECONNRESET
	connRefused = windows.WSAECONNREFUSED
	addrInUse   = windows.WSAEADDRINUSE
	afterReset  = syscall.ECONNRESET
)

// connected reports whether the socket has a peer.
func connected(fd uintptr) bool {
	_, err := syscall.Getpeername(syscall.Handle(fd))
	return err == nil
}
