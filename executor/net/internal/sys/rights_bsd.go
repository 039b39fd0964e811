//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import "golang.org/x/sys/unix"

// carries reports whether a control message has descriptors.
func carries(h *unix.Cmsghdr) bool { return h.Level == unix.SOL_SOCKET && h.Type == unix.SCM_RIGHTS }
