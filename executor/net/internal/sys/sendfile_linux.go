package sys

import "golang.org/x/sys/unix"

// SendFile sends up to n bytes of the file from, beginning at off, to a socket. 0 bytes without an error mean the end
// of the file. The position of the file does not change.
//
// It is not a raw call, since reading the file may wait for a disk. It blocks if the socket is [Blocking].
func SendFile(to, from int, off int64, n int) (int, Errno) {
	raceWrite(nil)
	for {
		m, err := unix.Sendfile(to, from, &off, min(n, MaxTransfer))
		if errno := errnoOf(err); errno != unix.EINTR {
			return max(m, 0), errno
		}
	}
}

// NoSendFile reports whether errno of SendFile means that the system cannot send such a file, or that a sandbox
// forbids the call.
func NoSendFile(errno Errno) bool {
	switch errno {
	case unix.EINVAL, unix.ENOSYS, unix.EOPNOTSUPP, unix.ESPIPE, unix.EPERM:
		return true
	}
	return false
}
