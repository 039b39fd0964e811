//go:build unix

package signal

import (
	"os"
	"syscall"
)

// uncatchable reports whether no process can catch sig, os.Kill aside.
func uncatchable(sig os.Signal) bool { return sig == syscall.SIGSTOP }
