package epoll

import (
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A nested is an epoll instance as a file in the epoll instance of Go's netpoller, where it is readable while it has events.
//
// No event is missed. Go's netpoller watches the file edge-triggered: an event of the inner instance is an edge, whether or not
// there was one before. waitNested looks before it waits, and after each edge; an edge that comes between the look and
// the wait stays with the netpoller, and ends the wait.
type nested struct {
	file  *os.File // nil before the first use
	conn  syscall.RawConn
	none  bool // Go's netpoller does not take it
	timed bool // file has a deadline

	// The results of the last look, and look itself as RawConn.Read wants it.
	n     int
	errno unix.Errno
	look  func(fd uintptr) bool
}

// usable reports whether p can be waited for in Go's netpoller. The first call finds out.
func (e *nested) usable(p *Poller) bool {
	if e.file == nil && !e.none {
		e.none = e.open(p) != nil
	}
	return !e.none
}

func (e *nested) open(p *Poller) error {
	fd, err := unix.FcntlInt(uintptr(p.epfd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if err := unix.SetNonblock(fd, true); err != nil { // or NewFile takes it for a file that blocks
		return errors.Join(err, unix.Close(fd))
	}
	file := os.NewFile(uintptr(fd), "epoll")
	conn, err := file.SyscallConn()
	if err == nil {
		err = file.SetReadDeadline(time.Time{}) // fails if the netpoller does not take it
	}
	if err != nil {
		return errors.Join(err, file.Close())
	}
	e.file, e.conn = file, conn
	e.look = func(uintptr) bool {
		e.n, e.errno = p.look()
		return e.n != 0 || e.errno != 0
	}
	return nil
}

func (e *nested) close() error {
	if e.file == nil {
		return nil
	}
	return e.file.Close()
}

// waitNested is wait in Go's netpoller, for a timeout that is not 0.
func (p *Poller) waitNested(timeout time.Duration) (int, error) {
	e := &p.nested
	if e.look(0) {
		return e.n, errOf(e.errno)
	}
	if timeout > 0 || e.timed {
		var at time.Time
		if timeout > 0 {
			at = time.Now().Add(timeout)
		}
		if err := e.file.SetReadDeadline(at); err != nil {
			return 0, err
		}
		e.timed = timeout > 0
	}
	switch err := e.conn.Read(e.look); {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return 0, nil
	case err != nil:
		return 0, err
	}
	return e.n, errOf(e.errno)
}
