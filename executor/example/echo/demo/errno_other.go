//go:build !windows

package main

import "syscall"

// What a client sees of a connection that the server has given up, beside the end.
const (
	connReset   = syscall.ECONNRESET
	connAborted = syscall.EPIPE
)
