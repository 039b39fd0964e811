//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import "golang.org/x/sys/unix"

// MaxBacklog is the longest backlog that may be asked for; the system cuts it to what it allows.
func MaxBacklog() int { return unix.SOMAXCONN }

// SetLatePort has no counterpart here.
func SetLatePort(int) {}
