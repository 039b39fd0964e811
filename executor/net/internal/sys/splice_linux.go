package sys

import "golang.org/x/sys/unix"

// A Pipe carries bytes from one socket to another without bringing them to the process.
type Pipe struct{ r, w int }

// NewPipe makes a Pipe, unless the system has none to give.
func NewPipe() (Pipe, Errno) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
		return Pipe{}, errnoOf(err)
	}
	// As much as one call moves. Where it may not be so much it stays at the system's 64 KiB.
	_, _ = unix.FcntlInt(uintptr(fds[1]), unix.F_SETPIPE_SZ, MaxTransfer)
	return Pipe{r: fds[0], w: fds[1]}, 0
}

// Close closes both ends.
func (p Pipe) Close() {
	_ = Close(p.r)
	_ = Close(p.w)
}

// Fill moves what there is in fd into p, which is empty. If it moves nothing, AtMark tells why.
//
// Neither it nor Drain is a raw call: they may have to wait for a lock. SPLICE_F_NONBLOCK concerns the
// pipe alone, so both ask for sockets that are not [Blocking].
func (p Pipe) Fill(fd int) (int, Errno) { return splice(fd, p.w, MaxTransfer) }

// Drain moves up to n bytes from p to fd.
func (p Pipe) Drain(fd, n int) (int, Errno) { return splice(p.r, fd, n) }

// Read reads from p what Drain cannot move.
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

// NoSplice reports whether errno of Fill or Drain means that this cannot be done with such a file.
func NoSplice(errno Errno) bool { return errno == unix.EINVAL || errno == unix.ENOSYS }
