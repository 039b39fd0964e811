package kqueue

// kevent is the structure that the tests' doubles of a kernel use.
type kevent struct {
	ident  uintptr
	filter int16
	flags  uint16
	fflags uint32
	data   int64
	udata  [1]uintptr
}

const (
	filterRead  = -1
	filterWrite = -2
)

func (e *kevent) set(ident, filter, flags int, fflags uint32, data int64, tag uint32) {
	*e = kevent{ident: uintptr(ident), filter: int16(filter), flags: uint16(flags), fflags: fflags, data: data}
	e.udata[0] = uintptr(tag)
}
