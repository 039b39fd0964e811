package main

import "syscall"

// What a client sees of a connection that the server has given up, beside the end.
const (
	connReset   = syscall.WSAECONNRESET
	connAborted = syscall.WSAECONNABORTED
)
