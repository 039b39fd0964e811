//go:build unix

package main

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// raiseFDLimit makes room for n descriptors. Above the hard limit that takes privileges.
func raiseFDLimit(n int) error {
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		return err
	}
	set(&l.Cur, n)
	set(&l.Max, n)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		return fmt.Errorf("raising the limit on descriptors to %d: %w", n, err)
	}
	return nil
}

// set raises a limit; its type differs between systems.
func set[L int64 | uint64](limit *L, n int) { *limit = max(*limit, L(n)) }

// fdLimit returns how many descriptors the process may have.
func fdLimit() int {
	var l unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &l) != nil {
		return 0
	}
	return int(min(l.Cur, 1<<30))
}
