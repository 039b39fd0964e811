//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// rights takes the descriptors out of the control messages of a message. It puts the first ones into fds, and passes
// all others to lost, which closes them. Each descriptor that the system has made goes to one of the two, whatever
// else is in control: messages of other kinds, or a message that is truncated, of which rights takes the complete
// descriptors. It returns how many are in fds, and whether there was no room for others.
func rights(control []byte, fds []int, lost func(fd int)) (n int, full bool) {
	for len(control) >= unix.SizeofCmsghdr {
		h := (*unix.Cmsghdr)(unsafe.Pointer(unsafe.SliceData(control)))
		size := len(control)
		if l := uint64(h.Len); l < uint64(size) {
			size = int(l)
		}
		if size < unix.SizeofCmsghdr {
			return n, full // not a message, so the start of the next one is unknown
		}
		if carries(h) {
			for data := control[min(unix.CmsgLen(0), size):size]; len(data) >= 4; data = data[4:] {
				fd := int(*(*int32)(unsafe.Pointer(unsafe.SliceData(data))))
				switch {
				case fd < 0: // the system could not make it
				case h.Type == unix.SCM_RIGHTS && n < len(fds):
					fds[n] = fd
					n++
				default:
					full = full || h.Type == unix.SCM_RIGHTS
					lost(fd)
				}
			}
		}
		control = control[min(unix.CmsgSpace(max(size-unix.CmsgLen(0), 0)), len(control)):]
	}
	return n, full
}

func closeLost(fd int) { _ = Close(fd) }
