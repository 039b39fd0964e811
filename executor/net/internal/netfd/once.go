package netfd

import (
	"io"
	"net"
	"time"

	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// This file has operations that are tried once, on any goroutine, without a task or a context:
//
//	ev, err := f.BeginOnce(d) // closed, or the deadline has passed: no EndOnce
//	the system call
//	f.EndOnce(ev, d, it would have blocked)
//
// They use the cached readiness only to clear it, and never wait, so they leave no waker and set no alarm.

// BeginOnce begins an operation that is tried once. It returns net.ErrClosed if f or the direction is closed, and
// os.ErrDeadlineExceeded if the deadline has passed by the system's clock; otherwise EndOnce follows with the event
// that it returned.
func (f *FD) BeginOnce(d reactor.Direction) (Event, error) {
	if !f.acquire(open | halfClosed(d)) {
		return Event{}, net.ErrClosed
	}
	if t := f.times.Load(); t != nil && t[d].passedNow() {
		f.Release()
		return Event{}, ErrDeadline
	}
	return f.cached(d), nil
}

// EndOnce ends the operation.
func (f *FD) EndOnce(ev Event, d reactor.Direction, blocked bool) {
	if blocked {
		ev.Blocked(d)
	}
	f.Release()
}

// cached returns the cached readiness, whatever it is. If it says that the operation would block, a Blocked of the
// event clears nothing.
func (f *FD) cached(d reactor.Direction) Event {
	ev := Event{reg: f.reg.Load()}
	if ev.reg != nil {
		ev.ready, _ = ev.reg.Ready(d)
	}
	return ev
}

// passedNow reports whether the deadline has passed by the system's clock.
func (l *limit) passedNow() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.deadline.IsZero() && time.Until(l.deadline) <= 0
}

// TryOnce tries an operation in direction d once. ok is false if it would block. call is the name of the system call.
func (f *FD) TryOnce(d reactor.Direction, call string, try func(fd int) sys.Errno) (ok bool, err error) {
	ev, err := f.BeginOnce(d)
	if err != nil {
		return true, err
	}
	errno := try(f.Sysfd())
	blocked := errno == sys.EAGAIN && !f.hasEnded(d)
	if !blocked && errno != 0 && errno != sys.EAGAIN {
		err = f.callError(d, call, errno)
	}
	f.EndOnce(ev, d, blocked)
	return !blocked, err
}

// CheckOnce is [FD.Check] on any goroutine.
func (f *FD) CheckOnce(d reactor.Direction) error {
	ev, err := f.BeginOnce(d)
	if err == nil {
		f.EndOnce(ev, d, false)
	}
	return err
}

// TryRead is Read of a byte stream, once.
func (f *FD) TryRead(b []byte) (n int, ok bool, err error) {
	if len(b) == 0 {
		return 0, true, f.CheckOnce(reactor.Read)
	}
	b = b[:min(len(b), sys.MaxTransfer)]
	return f.tryStream(reactor.Read, "read", io.EOF, func(fd int) (int, int, sys.Errno) {
		n, errno := sys.Read(fd, b)
		return n, len(b), errno
	})
}

// TryWrite writes as much of b as there is room for.
func (f *FD) TryWrite(b []byte) (n int, ok bool, err error) {
	if len(b) == 0 {
		return 0, true, f.CheckOnce(reactor.Write)
	}
	b = b[:min(len(b), sys.MaxTransfer)]
	return f.tryStream(reactor.Write, "write", io.ErrShortWrite, func(fd int) (int, int, sys.Errno) {
		n, errno := sys.Write(fd, b)
		return n, len(b), errno
	})
}

// TryReadBuffers is TryRead into several buffers.
func (f *FD) TryReadBuffers(bufs [][]byte) (n int, ok bool, err error) {
	if empty(bufs) {
		return 0, true, f.CheckOnce(reactor.Read)
	}
	return f.tryStream(reactor.Read, "readv", io.EOF, func(fd int) (int, int, sys.Errno) { return sys.Readv(fd, bufs) })
}

// TryWriteBuffers writes as much of bufs as there is room for, and takes it out of bufs.
func (f *FD) TryWriteBuffers(bufs *net.Buffers) (n int64, ok bool, err error) {
	if empty(*bufs) {
		if err := f.CheckOnce(reactor.Write); err != nil {
			return 0, true, err
		}
		consume(bufs, 0)
		return 0, true, nil
	}
	m, ok, err := f.tryStream(reactor.Write, "writev", io.ErrShortWrite, func(fd int) (int, int, sys.Errno) {
		return sys.Writev(fd, *bufs)
	})
	if ok && err == nil {
		consume(bufs, m)
	}
	return int64(m), ok, err
}

// tryStream tries to move bytes of a stream once. none is the error of a call that moves no byte.
func (f *FD) tryStream(d reactor.Direction, call string, none error, try func(fd int) (n, requested int, errno sys.Errno)) (n int, ok bool, err error) {
	ev, err := f.BeginOnce(d)
	if err != nil {
		return 0, true, err
	}
	n, requested, errno := try(f.Sysfd())
	blocked := errno == sys.EAGAIN && !f.hasEnded(d)
	switch {
	case blocked:
		n = 0
	case errno != 0 && errno != sys.EAGAIN:
		n, err = 0, f.callError(d, call, errno)
	case errno == sys.EAGAIN || n == 0:
		n, err = 0, none
	case n < requested:
		f.short(ev, d)
	}
	f.EndOnce(ev, d, blocked)
	return n, !blocked, err
}

// SendOnce is TryOnce for a send to a receiver that may be full. While sends to it wait, it would block, too.
func (f *FD) SendOnce(to Receiver, call string, try func(fd int) sys.Errno) (ok bool, err error) {
	const d = reactor.Write
	ev, err := f.BeginOnce(d)
	if err != nil {
		return true, err
	}
	defer f.EndOnce(ev, d, false) // the readiness is that of the socket, not of the receiver
	if to.Queues.waits(to.To) {
		return false, nil
	}
	switch errno := try(f.Sysfd()); {
	case errno == 0:
		return true, nil
	case sys.ReceiverFull(errno):
		return false, nil
	default:
		return true, f.callError(d, call, errno)
	}
}
