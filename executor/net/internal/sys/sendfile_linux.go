package sys

import "golang.org/x/sys/unix"

// SendFile sends up to n bytes of the file from, those at off and after, to a socket. 0 bytes and no
// error are the end of the file. The file's own position stays where it is.
//
// It is no raw call: reading the file may have to wait for a disk. It blocks if the socket is [Blocking].
func SendFile(to, from int, off int64, n int) (int, Errno) {
	raceWrite(nil)
	for {
		m, err := unix.Sendfile(to, from, &off, min(n, MaxTransfer))
		if errno := errnoOf(err); errno != unix.EINTR {
			return max(m, 0), errno
		}
	}
}

// NoSendFile reports whether errno of SendFile means that this cannot be done with such a file, or
// not in a sandbox like this one.
func NoSendFile(errno Errno) bool {
	switch errno {
	case unix.EINVAL, unix.ENOSYS, unix.EOPNOTSUPP, unix.ESPIPE, unix.EPERM:
		return true
	}
	return false
}
