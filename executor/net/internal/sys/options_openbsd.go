package sys

import "golang.org/x/sys/unix"

const (
	reusePort    = unix.SO_REUSEPORT
	keepIdle     = absent
	keepInterval = absent
	keepCount    = absent
)
