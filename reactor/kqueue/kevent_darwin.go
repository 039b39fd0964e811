package kqueue

import "golang.org/x/sys/unix"

// kevent is the kernel's structure, with a number where x/sys has a pointer: this package stores a tag there, and the
// garbage collector must not take a tag for a pointer.
type kevent struct {
	ident  uint64
	filter int16
	flags  uint16
	fflags uint32
	data   int64
	udata  [tagWords]uintptr
}

const (
	filterRead  = unix.EVFILT_READ
	filterWrite = unix.EVFILT_WRITE
)

var system = &kernel{
	calls:    syscalls{},
	user:     unix.EVFILT_USER,
	except:   unix.EVFILT_EXCEPT,
	oob:      unix.NOTE_OOB,
	receipt:  true,
	dispatch: true,
}

func (e *kevent) set(ident, filter, flags int, fflags uint32, data int64, tag uint32) {
	*e = kevent{ident: uint64(ident), filter: int16(filter), flags: uint16(flags), fflags: fflags, data: data}
	e.udata[0] = uintptr(tag)
}
