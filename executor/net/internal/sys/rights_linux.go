package sys

import "golang.org/x/sys/unix"

// carries reports whether a control message holds descriptors. A pidfd comes where somebody has set
// SO_PASSPIDFD by way of the raw descriptor.
func carries(h *unix.Cmsghdr) bool {
	return h.Level == unix.SOL_SOCKET && (h.Type == unix.SCM_RIGHTS || h.Type == unix.SCM_PIDFD)
}
