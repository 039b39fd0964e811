package sys

import "golang.org/x/sys/unix"

// carries reports whether a control message has descriptors. A pidfd is one: the system sends it if the user has set
// SO_PASSPIDFD on the raw descriptor.
func carries(h *unix.Cmsghdr) bool {
	return h.Level == unix.SOL_SOCKET && (h.Type == unix.SCM_RIGHTS || h.Type == unix.SCM_PIDFD)
}
