//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import "golang.org/x/sys/unix"

// maxVector bounds the buffers of one call.
const maxVector = 32

// vector returns the part of bufs that one call may move, and its number of bytes.
func vector(bufs [][]byte) (v [][]byte, bytes int) {
	for _, b := range bufs {
		if len(v) == maxVector || bytes == MaxTransfer {
			break
		}
		if len(b) == 0 {
			continue
		}
		b = b[:min(len(b), MaxTransfer-bytes)]
		v = append(v, b)
		bytes += len(b)
	}
	return v, bytes
}

// Readv is Read into several buffers, one after the other. requested is the number of bytes that the call has room for.
func Readv(fd int, bufs [][]byte) (n, requested int, errno Errno) {
	v, requested := vector(bufs)
	for {
		n, _, _, _, err := unix.RecvmsgBuffers(fd, v, nil, unix.MSG_DONTWAIT)
		if errno := errnoOf(err); errno != unix.EINTR {
			return max(n, 0), requested, errno
		}
	}
}

// Writev is Write of several buffers, one after the other.
func Writev(fd int, bufs [][]byte) (n, requested int, errno Errno) {
	v, requested := vector(bufs)
	for {
		n, err := unix.SendmsgBuffers(fd, v, nil, nil, unix.MSG_DONTWAIT)
		if errno := errnoOf(err); errno != unix.EINTR {
			return max(n, 0), requested, errno
		}
	}
}
