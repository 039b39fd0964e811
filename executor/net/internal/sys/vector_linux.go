package sys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxVector bounds the buffers of one call: 512 bytes on the stack.
const maxVector = 32

// A vector has buffers in the format of the system.
type vector [maxVector]unix.Iovec

// set fills v with the part of bufs that one call may move, and returns its numbers of buffers and bytes.
func (v *vector) set(bufs [][]byte) (n, bytes int) {
	for _, b := range bufs {
		if n == len(v) || bytes == MaxTransfer {
			break
		}
		if len(b) == 0 {
			continue
		}
		b = b[:min(len(b), MaxTransfer-bytes)]
		v[n].Base = unsafe.SliceData(b)
		v[n].SetLen(len(b))
		n++
		bytes += len(b)
	}
	return n, bytes
}

// Readv is Read into several buffers, one after the other. requested is the number of bytes that the call has room for.
func Readv(fd int, bufs [][]byte) (n, requested int, errno Errno) {
	var v vector
	count, requested := v.set(bufs)
	n, errno = v.transfer(unix.SYS_RECVMSG, fd, count, 0)
	for left := n; left > 0; bufs = bufs[1:] {
		m := min(left, len(bufs[0]))
		raceRead(bufs[0], m)
		left -= m
	}
	return n, requested, errno
}

// Writev is Write of several buffers, one after the other.
func Writev(fd int, bufs [][]byte) (n, requested int, errno Errno) {
	var v vector
	count, requested := v.set(bufs)
	for left := requested; left > 0; bufs = bufs[1:] {
		m := min(left, len(bufs[0]))
		raceWrite(bufs[0][:m])
		left -= m
	}
	n, errno = v.transfer(unix.SYS_SENDMSG, fd, count, unix.MSG_NOSIGNAL)
	return n, requested, errno
}

// transfer sends or receives a message, since readv and writev have no MSG_DONTWAIT.
func (v *vector) transfer(call uintptr, fd, count int, flags uintptr) (int, Errno) {
	var h unix.Msghdr
	h.Iov = &v[0]
	h.SetIovlen(count)
	for {
		n, _, errno := unix.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(&h)), flags|unix.MSG_DONTWAIT)
		switch errno {
		case 0:
			return int(n), 0
		case unix.EINTR:
		default:
			return 0, errno
		}
	}
}
