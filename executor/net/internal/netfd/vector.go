package netfd

import (
	"io"
	"net"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// This file has reads and writes of several buffers, for byte streams.

// ReadBuffers is Read into several buffers, the first one first.
func (f *FD) ReadBuffers(co *coro.Co, bufs [][]byte) (n int, err error) {
	return Wait(co, f, reactor.Read, func(cx *core.Context) (int, Progress, error) { return f.readv(cx, bufs) })
}

// PollReadBuffers is ReadBuffers in poll style.
func (f *FD) PollReadBuffers(cx *core.Context, bufs [][]byte) (n int, ready bool, err error) {
	return Poll(cx, f, func(cx *core.Context) (int, Progress, error) { return f.readv(cx, bufs) })
}

func (f *FD) readv(cx *core.Context, bufs [][]byte) (n int, p Progress, err error) {
	if empty(bufs) {
		return 0, Done, f.Check(cx, reactor.Read)
	}
	requested := 0
	t := f.Try(cx, reactor.Read)
	for t.Next() {
		var errno sys.Errno
		n, requested, errno = sys.Readv(f.Sysfd(), bufs)
		t.Tried("readv", errno)
	}
	t.Short(n, requested)
	p, err = t.End()
	if p == Done && err == nil && n == 0 {
		err = io.EOF
	}
	return n, p, err
}

// WriteBuffers writes all of bufs, and waits whenever there is no room. It takes out of bufs what it has written, as
// net.Buffers.WriteTo does.
func (f *FD) WriteBuffers(co *coro.Co, bufs *net.Buffers) (n int64, err error) {
	_, err = Wait(co, f, reactor.Write, func(cx *core.Context) (none struct{}, _ Progress, _ error) {
		for {
			m, p, err := f.writev(cx, bufs)
			n += int64(m)
			if p != Done || err != nil || len(*bufs) == 0 {
				return none, p, err
			}
		}
	})
	return n, err
}

// PollWriteBuffers writes as much of bufs as there is room for, in poll style, and takes it out of bufs.
func (f *FD) PollWriteBuffers(cx *core.Context, bufs *net.Buffers) (n int64, ready bool, err error) {
	m, ready, err := Poll(cx, f, func(cx *core.Context) (int, Progress, error) { return f.writev(cx, bufs) })
	return int64(m), ready, err
}

func (f *FD) writev(cx *core.Context, bufs *net.Buffers) (n int, p Progress, err error) {
	if empty(*bufs) {
		if err := f.Check(cx, reactor.Write); err != nil {
			return 0, Done, err
		}
		consume(bufs, 0)
		return 0, Done, nil
	}
	requested := 0
	t := f.Try(cx, reactor.Write)
	for t.Next() {
		var errno sys.Errno
		n, requested, errno = sys.Writev(f.Sysfd(), *bufs)
		t.Tried("writev", errno)
	}
	t.Short(n, requested)
	p, err = t.End()
	if p == Done && err == nil {
		if n == 0 {
			return 0, Done, io.ErrShortWrite // as for one buffer
		}
		consume(bufs, n)
	}
	return n, p, err
}

// consume takes n bytes out of bufs, and the empty buffers that then come first.
func consume(bufs *net.Buffers, n int) {
	for len(*bufs) > 0 {
		if first := (*bufs)[0]; len(first) > n {
			(*bufs)[0] = first[n:]
			return
		}
		n -= len((*bufs)[0])
		(*bufs)[0] = nil
		*bufs = (*bufs)[1:]
	}
}

func empty(bufs [][]byte) bool {
	for _, b := range bufs {
		if len(b) > 0 {
			return false
		}
	}
	return true
}

// Check is an operation in direction d that moves nothing: it returns the error that every operation begins with.
func (f *FD) Check(cx *core.Context, d reactor.Direction) error {
	err := f.Begin(cx, d)
	if err == nil {
		f.End(cx, d, Done)
	}
	return err
}
