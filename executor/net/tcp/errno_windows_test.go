package tcp_test

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// What package net's errors are, and what comes after a reset.
const (
	connReset   = windows.WSAECONNRESET
	connRefused = windows.WSAECONNREFUSED
	afterReset  = syscall.ECONNRESET
)
