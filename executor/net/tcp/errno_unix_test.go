//go:build unix

package tcp_test

import "syscall"

// What package net's errors are, and what comes after a reset.
const (
	connReset   = syscall.ECONNRESET
	connRefused = syscall.ECONNREFUSED
	afterReset  = syscall.EPIPE
)
