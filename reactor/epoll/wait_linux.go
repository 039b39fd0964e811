package epoll

import (
	"math"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// timespec is the kernel's structure. It has 64-bit seconds on 32-bit machines too; unix.Timespec does not.
type timespec struct {
	sec, nsec int64
}

// timespecOf converts a timeout that is not negative.
func timespecOf(d time.Duration) timespec {
	return timespec{sec: int64(d / time.Second), nsec: int64(d % time.Second)}
}

// probe finds out whether the kernel has epoll_pwait2.
func (p *Poller) probe() (millis bool, err error) {
	_, errno := p.pwait2(&timespec{})
	return isMissing(errno)
}

// isMissing interprets the result of a first call of epoll_pwait2. Before Linux 5.11 it is ENOSYS; a sandbox that does
// not know the call may return ENOSYS or EPERM.
func isMissing(errno unix.Errno) (missing bool, err error) {
	switch errno {
	case 0:
		return false, nil
	case unix.ENOSYS, unix.EPERM:
		return true, nil
	}
	return false, errno
}

// wait fills buf and returns how many events it got. It returns 0 without an error only if timeout has passed.
func (p *Poller) wait(timeout time.Duration) (int, error) {
	switch {
	case timeout == 0:
		n, errno := p.look()
		return n, errOf(errno)
	case timeout < 0:
		for {
			if n, errno := p.block(timeout); errno != unix.EINTR {
				return n, errOf(errno)
			}
		}
	}
	// The deadline is kept as a start and a length, which cannot overflow.
	start := time.Now()
	for left := timeout; left > 0; left = timeout - time.Since(start) {
		n, errno := p.block(left)
		if errno != 0 && errno != unix.EINTR {
			return 0, errno
		}
		if n != 0 {
			return n, nil
		}
	}
	return 0, nil
}

// look is a wait that does not block. The kernel does not check for signals in it, so it is never interrupted, and it
// may bypass the scheduler.
func (p *Poller) look() (int, unix.Errno) {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT,
		uintptr(p.epfd), uintptr(unsafe.Pointer(&p.buf[0])), uintptr(len(p.buf)), 0, 0, 0)
	return count(n, errno)
}

// block waits once, for left, or without a limit if left is negative. It may return early: because of a signal, or
// because left is longer than the system call can express.
func (p *Poller) block(left time.Duration) (int, unix.Errno) {
	if p.millis {
		return p.pwait(millis(left))
	}
	if left < 0 {
		return p.pwait2(nil)
	}
	ts := timespecOf(left)
	return p.pwait2(&ts)
}

// pwait2 waits with a timeout in nanoseconds; nil is no timeout.
func (p *Poller) pwait2(ts *timespec) (int, unix.Errno) {
	n, _, errno := unix.Syscall6(unix.SYS_EPOLL_PWAIT2,
		uintptr(p.epfd), uintptr(unsafe.Pointer(&p.buf[0])), uintptr(len(p.buf)),
		uintptr(unsafe.Pointer(ts)), 0, 0)
	return count(n, errno)
}

// pwait waits with a timeout in milliseconds; -1 is no timeout. Every architecture has this call; newer ones lack the
// plain epoll_wait.
func (p *Poller) pwait(timeoutMs int) (int, unix.Errno) {
	n, _, errno := unix.Syscall6(unix.SYS_EPOLL_PWAIT,
		uintptr(p.epfd), uintptr(unsafe.Pointer(&p.buf[0])), uintptr(len(p.buf)),
		uintptr(timeoutMs), 0, 0)
	return count(n, errno)
}

// millis rounds d up, so that a wait never ends early. It limits d to what fits an int of the kernel, 24 days; wait
// calls again for the rest.
func millis(d time.Duration) int {
	if d < 0 {
		return -1
	}
	ms := (d-1)/time.Millisecond + 1 // not (d + a millisecond - 1), which could overflow
	return int(min(ms, math.MaxInt32))
}

func count(n uintptr, errno unix.Errno) (int, unix.Errno) {
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}

// errOf keeps a zero errno from becoming a non-nil error.
func errOf(errno unix.Errno) error {
	if errno == 0 {
		return nil
	}
	return errno
}
