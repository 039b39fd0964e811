package nethttp_test

import (
	"net"
	"os"
	"runtime"
	"testing"
)

// descriptors returns how many descriptors the process has, or 0 where the system does not tell.
func descriptors(t testing.TB) int {
	if runtime.GOOS != "linux" {
		return 0
	}
	if l, err := net.Listen("tcp", "127.0.0.1:0"); err == nil { // package net makes its poller with the first socket
		l.Close()
	}
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}
