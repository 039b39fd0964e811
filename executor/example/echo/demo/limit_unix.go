//go:build unix

package main

import "syscall"

// raiseFDLimit makes room for n descriptors, as far as it may, and returns for how many there is.
func raiseFDLimit(n int) int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return n // then the first failure will tell
	}
	if roomIn(limit.Cur) >= n {
		return n
	}
	higher := limit
	setLimits(&higher, n)
	for _, l := range []syscall.Rlimit{higher, {Cur: limit.Max, Max: limit.Max}} { // the first is for root
		if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l) == nil {
			return min(n, roomIn(l.Cur))
		}
	}
	return roomIn(limit.Cur)
}

// The fields of an Rlimit are signed on some systems.

func roomIn[T int64 | uint64](limit T) int { return int(min(uint64(limit), 1<<30)) }

func setLimits(l *syscall.Rlimit, n int) {
	setLimit(&l.Cur, n)
	if roomIn(l.Max) < n {
		setLimit(&l.Max, n)
	}
}

func setLimit[T int64 | uint64](field *T, n int) { *field = T(n) }
