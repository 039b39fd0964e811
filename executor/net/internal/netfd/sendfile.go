package netfd

import (
	"errors"
	"io"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// A Failed makes the error of an operation of a socket: a *net.OpError.
type Failed func(op string, err error) error

// SendFile writes to f what src has left, and returns how many bytes it has written. The end of src is not an error.
// It takes out of src what it has sent, and nothing else. If src is not a regular file, regular is false, and the
// caller copies.
func (f *FD) SendFile(co *coro.Co, failed Failed, src io.Reader) (n int64, regular bool, err error) {
	err = co.Interrupted()
	if err == nil {
		err = f.Check(co.Context(), reactor.Write) // before anything is read
	}
	if err != nil {
		return 0, true, failed("write", err)
	}
	s, ok, err := openSource(src)
	if err != nil || !ok {
		return 0, err != nil, err
	}
	defer s.settle() // however this ends
	_, err = Wait(co, f, reactor.Write, func(cx *core.Context) (none struct{}, _ Progress, _ error) {
		for {
			if _, p, err := f.sendOnce(cx, &s); p != Done || err != nil {
				return none, p, err
			}
		}
	})
	if err == io.EOF {
		err = nil
	}
	return s.sent, true, shaped(err, failed)
}

// PollSendFile sends as much as there is room for, in poll style. At the end of src the error is io.EOF. If src is
// not a regular file, it is errors.ErrUnsupported, since bytes that were read could not be put back.
func (f *FD) PollSendFile(cx *core.Context, failed Failed, src io.Reader) (n int64, ready bool, err error) {
	if err := f.Check(cx, reactor.Write); err != nil {
		return 0, true, failed("write", err)
	}
	s, ok, err := openSource(src)
	if err != nil {
		return 0, true, err
	}
	if !ok {
		return 0, true, failed("write", errors.ErrUnsupported)
	}
	defer s.settle()
	m, ready, err := Poll(cx, f, func(cx *core.Context) (int, Progress, error) { return f.sendOnce(cx, &s) })
	return int64(m), ready, shaped(err, failed)
}

// sendOnce is one try. At the end of s the error is io.EOF.
//
// A send of fewer bytes than requested proves nothing about the socket, since the file may have ended. So it leaves
// the readiness as it is, until a try would block.
func (f *FD) sendOnce(cx *core.Context, s *source) (n int, p Progress, err error) {
	if s.left <= 0 {
		if err := f.Check(cx, reactor.Write); err != nil {
			return 0, Done, err
		}
		return 0, Done, io.EOF
	}
	if s.copied {
		return f.copyOnce(cx, s)
	}
	var errno sys.Errno
	var ferr error
	t := f.Try(cx, reactor.Write)
	for t.Next() {
		if sys.Blocking(f.Sysfd()) {
			s.copied = true
			t.Tried("sendfile", 0)
			continue
		}
		ferr = s.raw.Control(func(fd uintptr) {
			n, errno = sys.SendFile(f.Sysfd(), int(fd), s.off, int(min(s.left, sys.MaxTransfer)))
		})
		if ferr != nil {
			errno = 0
		}
		if sys.NoSendFile(errno) {
			s.copied, errno = true, 0
		}
		t.Tried("sendfile", errno)
	}
	p, err = t.End()
	switch {
	case p != Done:
		return 0, p, nil
	case err != nil:
		return 0, Done, err
	case ferr != nil:
		return 0, Done, fileError{ferr}
	case n == 0 && !s.copied && s.size != 0 && s.off >= s.size:
		return 0, Done, io.EOF
	case n == 0:
		s.copied = true // a file that the system generates, as in /proc, may be longer than its size
		return f.copyOnce(cx, s)
	}
	s.took(n)
	return n, Done, nil
}

// copyOnce is sendOnce by reading and writing.
func (f *FD) copyOnce(cx *core.Context, s *source) (n int, p Progress, err error) {
	switch err := s.fill(); {
	case err == io.EOF:
		return 0, Done, err
	case err != nil:
		return 0, Done, fileError{err}
	}
	n, p, err = f.write(cx, s.held)
	s.held = s.held[n:]
	s.took(n)
	return n, p, err
}

// A fileError is an error of the file that is sent. The caller gets it as the file returned it.
type fileError struct{ error }

// shaped gives err of a send the shape that the socket's errors have, unless it is the file's or its end.
func shaped(err error, failed Failed) error {
	if err == nil || err == io.EOF {
		return err
	}
	if e, ok := err.(fileError); ok {
		return e.error
	}
	return failed("write", err)
}
