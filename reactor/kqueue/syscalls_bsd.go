//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package kqueue

import (
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// New returns a Poller. Until its Close it holds a descriptor, three on netbsd and openbsd, all close-on-exec.
func New() (*Poller, error) { return newPoller(system) }

// The compiler refuses an index other than 0, so kevent has the kernel's layout wherever these lines compile.
var (
	_ = [1]struct{}{}[unsafe.Sizeof(kevent{})^unsafe.Sizeof(unix.Kevent_t{})]
	_ = [1]struct{}{}[unsafe.Offsetof(kevent{}.ident)^unsafe.Offsetof(unix.Kevent_t{}.Ident)]
	_ = [1]struct{}{}[unsafe.Offsetof(kevent{}.filter)^unsafe.Offsetof(unix.Kevent_t{}.Filter)]
	_ = [1]struct{}{}[unsafe.Offsetof(kevent{}.flags)^unsafe.Offsetof(unix.Kevent_t{}.Flags)]
	_ = [1]struct{}{}[unsafe.Offsetof(kevent{}.fflags)^unsafe.Offsetof(unix.Kevent_t{}.Fflags)]
	_ = [1]struct{}{}[unsafe.Offsetof(kevent{}.data)^unsafe.Offsetof(unix.Kevent_t{}.Data)]
	_ = [1]struct{}{}[unsafe.Offsetof(kevent{}.udata)^unsafe.Offsetof(unix.Kevent_t{}.Udata)]
	_ = [1]struct{}{}[unsafe.Sizeof(kevent{}.ident)^unsafe.Sizeof(unix.Kevent_t{}.Ident)]
	_ = [1]struct{}{}[unsafe.Sizeof(kevent{}.filter)^unsafe.Sizeof(unix.Kevent_t{}.Filter)]
	_ = [1]struct{}{}[unsafe.Sizeof(kevent{}.flags)^unsafe.Sizeof(unix.Kevent_t{}.Flags)]
)

// syscalls makes the system's calls.
type syscalls struct{}

// Kqueue blocks forks until close-on-exec is set, since not all of these systems have a call that does both.
func (syscalls) Kqueue() (int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	kq, err := unix.Kqueue()
	if err != nil {
		return -1, err
	}
	unix.CloseOnExec(kq)
	return kq, nil
}

func (syscalls) Pipe() (rd, wr int, err error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	var fds [2]int
	if err := unix.Pipe(fds[:]); err != nil {
		return -1, -1, err
	}
	for _, fd := range fds {
		unix.CloseOnExec(fd)
		if err := unix.SetNonblock(fd, true); err != nil {
			unix.Close(fds[0])
			unix.Close(fds[1])
			return -1, -1, err
		}
	}
	return fds[0], fds[1], nil
}

func (syscalls) Kevent(kq int, changes, events []kevent, timeout time.Duration) (int, error) {
	var ts *unix.Timespec
	if timeout >= 0 {
		t := unix.NsecToTimespec(int64(timeout))
		ts = &t
	}
	return unix.Kevent(kq, raw(changes), raw(events), ts)
}

func (syscalls) Close(fd int) error { return unix.Close(fd) }

// raw converts kevents to the type of x/sys, which has the same layout.
func raw(events []kevent) []unix.Kevent_t {
	return unsafe.Slice((*unix.Kevent_t)(unsafe.Pointer(unsafe.SliceData(events))), len(events))
}
