package netfd

import (
	"io"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// This file has the operations of byte streams, and WaitReady, which works for all sockets. Errors have no
// net.OpError around them: the caller makes it. io.EOF stays as it is.

// Read reads up to len(b) bytes, and waits if there are none. It returns io.EOF at the end of the stream.
func (f *FD) Read(co *coro.Co, b []byte) (n int, err error) {
	if err := co.Interrupted(); err != nil {
		return 0, err
	}
	for {
		n, p, err := f.read(co.Context(), b)
		if p == Done {
			return n, err
		}
		if err := f.Await(co, reactor.Read, p); err != nil {
			return 0, err
		}
	}
}

// PollRead is Read in poll style.
func (f *FD) PollRead(cx *core.Context, b []byte) (n int, ready bool, err error) {
	for {
		n, p, err := f.read(cx, b)
		if p != Unregistered {
			return n, p == Done, err
		}
		if err := f.Register(cx); err != nil {
			return 0, true, err
		}
	}
}

func (f *FD) read(cx *core.Context, b []byte) (n int, p Progress, err error) {
	const d = reactor.Read
	if err := f.Begin(cx, d); err != nil {
		return 0, Done, err
	}
	switch {
	case len(b) == 0:
		p = Done
	case !cx.Spend():
		p = Pending
	default:
		if n, p, err = f.readReady(cx, b); p != Done {
			cx.Refund()
		}
	}
	f.End(cx, d, p)
	return n, p, err
}

func (f *FD) readReady(cx *core.Context, b []byte) (int, Progress, error) {
	const d = reactor.Read
	b = b[:min(len(b), sys.MaxTransfer)]
	var last Event
	for {
		ev, ok, err := f.Ready(cx, d, last)
		if err != nil {
			return 0, Done, err
		}
		if !ok || last.Known() && !cx.Spend() {
			return 0, Pending, nil
		}
		n, errno := sys.Read(f.Sysfd(), b)
		switch {
		case errno == sys.EAGAIN && f.hasEnded(d):
			return 0, Done, io.EOF
		case errno == sys.EAGAIN:
			if !ev.Blocked(d) {
				return 0, Unregistered, nil
			}
			last = ev
			continue
		case errno != 0:
			return 0, Done, f.callError(d, "read", errno)
		case n == 0:
			return 0, Done, io.EOF
		case n < len(b):
			f.short(ev, d)
		}
		return n, Done, nil
	}
}

// Write writes all of b, and waits whenever there is no room. If it fails, n says how much of b was
// written.
func (f *FD) Write(co *coro.Co, b []byte) (n int, err error) {
	if err := co.Interrupted(); err != nil {
		return 0, err
	}
	for {
		m, p, err := f.write(co.Context(), b[n:])
		n += m
		switch {
		case p != Done:
			if err := f.Await(co, reactor.Write, p); err != nil {
				return n, err
			}
		case err != nil || n == len(b):
			return n, err
		}
	}
}

// PollWrite writes as much of b as there is room for, in poll style.
func (f *FD) PollWrite(cx *core.Context, b []byte) (n int, ready bool, err error) {
	for {
		n, p, err := f.write(cx, b)
		if p != Unregistered {
			return n, p == Done, err
		}
		if err := f.Register(cx); err != nil {
			return 0, true, err
		}
	}
}

func (f *FD) write(cx *core.Context, b []byte) (n int, p Progress, err error) {
	const d = reactor.Write
	if err := f.Begin(cx, d); err != nil {
		return 0, Done, err
	}
	switch {
	case len(b) == 0:
		p = Done
	case !cx.Spend():
		p = Pending
	default:
		if n, p, err = f.writeReady(cx, b); p != Done {
			cx.Refund()
		}
	}
	f.End(cx, d, p)
	return n, p, err
}

func (f *FD) writeReady(cx *core.Context, b []byte) (int, Progress, error) {
	const d = reactor.Write
	b = b[:min(len(b), sys.MaxTransfer)]
	var last Event
	for {
		ev, ok, err := f.Ready(cx, d, last)
		if err != nil {
			return 0, Done, err
		}
		if !ok || last.Known() && !cx.Spend() {
			return 0, Pending, nil
		}
		n, errno := sys.Write(f.Sysfd(), b)
		switch {
		case errno == sys.EAGAIN:
			if !ev.Blocked(d) {
				return 0, Unregistered, nil
			}
			last = ev
			continue
		case errno != 0:
			return 0, Done, f.callError(d, "write", errno)
		case n == 0:
			return 0, Done, io.ErrShortWrite // a caller that goes on would never end
		case n < len(b):
			f.short(ev, d)
		}
		return n, Done, nil
	}
}

// short records that a read or write moved fewer bytes than it was given, unless reads end at boundaries.
func (f *FD) short(ev Event, d reactor.Direction) {
	if f.word.Load()&boundaries == 0 {
		ev.Short(d)
	}
}

// WaitReady waits until an operation in direction d would not wait.
func (f *FD) WaitReady(co *coro.Co, d reactor.Direction) error {
	err := co.Interrupted()
	for err == nil {
		var p Progress
		if p, err = f.waitReady(co.Context(), d); p == Done {
			break
		}
		err = f.Await(co, d, p)
	}
	return err
}

// PollWaitReady is WaitReady in poll style.
func (f *FD) PollWaitReady(cx *core.Context, d reactor.Direction) (ready bool, err error) {
	for {
		p, err := f.waitReady(cx, d)
		if p == Unregistered {
			err = f.Register(cx)
		}
		switch {
		case err != nil:
			return true, err
		case p != Unregistered:
			return p == Done, nil
		}
	}
}

func (f *FD) waitReady(cx *core.Context, d reactor.Direction) (Progress, error) {
	if err := f.Begin(cx, d); err != nil {
		return Done, err
	}
	p := Done
	ev, ok, err := f.Ready(cx, d, Event{})
	switch {
	case err != nil:
	case !ok:
		p = Pending
	case !ev.Known() && !f.hasEnded(d): // an ended direction has no events
		p = Unregistered
	}
	f.End(cx, d, p)
	return p, err
}

// CloseWriting is CloseHalf for writing. Unless that closes f, it also shuts the direction down, which the peer reads
// as the end.
func (f *FD) CloseWriting() error {
	if err := f.Acquire(); err != nil {
		return err
	}
	defer f.Release()
	last, err := f.CloseHalf(reactor.Write)
	if err == nil && !last {
		err = sys.ShutdownWrite(f.Sysfd())
	}
	return err
}
