package sys

import "golang.org/x/sys/unix"

// A Pipe moves bytes from one socket to another without copying them to the process.
type Pipe struct{ r, w int }

// NewPipe makes a Pipe. It fails if there are no descriptors, for example.
func NewPipe() (Pipe, Errno) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
		return Pipe{}, errnoOf(err)
	}
	// The size of one transfer. If the system does not allow it, the size stays 64 KiB.
	_, _ = unix.FcntlInt(uintptr(fds[1]), unix.F_SETPIPE_SZ, MaxTransfer)
	return Pipe{r: fds[0], w: fds[1]}, 0
}

// Close closes both ends.
func (p Pipe) Close() {
	_ = Close(p.r)
	_ = Close(p.w)
}

// Fill moves the bytes that are in fd into p, which is empty. If it moves none, AtMark returns why.
//
// Neither Fill nor Drain is a raw call, since they may wait for a lock. SPLICE_F_NONBLOCK concerns the pipe alone, so
// both need a socket that is not [Blocking].
func (p Pipe) Fill(fd int) (int, Errno) { return splice(fd, p.w, MaxTransfer) }

// Drain moves up to n bytes from p to fd.
func (p Pipe) Drain(fd, n int) (int, Errno) { return splice(p.r, fd, n) }

// Read reads bytes from p that Drain cannot move.
func (p Pipe) Read(b []byte) (int, Errno) {
	for {
		n, err := unix.Read(p.r, b)
		if errno := errnoOf(err); errno != unix.EINTR {
			raceRead(b, n)
			return max(n, 0), errno
		}
	}
}

func splice(from, to, n int) (int, Errno) {
	for {
		m, err := unix.Splice(from, nil, to, nil, n, unix.SPLICE_F_NONBLOCK|unix.SPLICE_F_MOVE)
		if errno := errnoOf(err); errno != unix.EINTR {
			return max(int(m), 0), errno
		}
	}
}

// NoSplice reports whether errno of Fill or Drain means that the system cannot splice such a file.
func NoSplice(errno Errno) bool { return errno == unix.EINVAL || errno == unix.ENOSYS }
