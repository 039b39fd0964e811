package kqueue

import "golang.org/x/sys/unix"

// kevent is the kernel's structure. Later versions of NetBSD have more flags and EVFILT_USER, but older ones are in use.
type kevent struct {
	ident  uintptr
	filter uint32
	flags  uint32
	fflags uint32
	data   int64
	udata  [tagWords]uintptr
}

const (
	filterRead  = unix.EVFILT_READ
	filterWrite = unix.EVFILT_WRITE
)

var system = &kernel{calls: syscalls{}}

func (e *kevent) set(ident, filter, flags int, fflags uint32, data int64, tag uint32) {
	*e = kevent{ident: uintptr(ident), filter: uint32(filter), flags: uint32(flags), fflags: fflags, data: data}
	e.udata[0] = uintptr(tag)
}
