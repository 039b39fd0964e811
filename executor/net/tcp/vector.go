package tcp

import (
	"net"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
)

// ReadBuffers is Read into several buffers, the first one first: in one system call, for what that
// takes of them.
func (s *Stream) ReadBuffers(co *coro.Co, bufs [][]byte) (n int, err error) {
	if n, err = s.fd.ReadBuffers(co, bufs); err != nil {
		err = s.failed("read", err)
	}
	return n, err
}

// PollReadBuffers is ReadBuffers in poll style.
func (s *Stream) PollReadBuffers(cx *core.Context, bufs [][]byte) (n int, ready bool, err error) {
	if n, ready, err = s.fd.PollReadBuffers(cx, bufs); err != nil {
		err = s.failed("read", err)
	}
	return n, ready, err
}

// WriteBuffers writes all of bufs, without joining them first, and waits whenever there is no room.
// What was written it takes out of bufs, as net.Buffers.WriteTo does, so that after an error the
// rest is there.
func (s *Stream) WriteBuffers(co *coro.Co, bufs *net.Buffers) (n int64, err error) {
	if n, err = s.fd.WriteBuffers(co, bufs); err != nil {
		err = s.failed("write", err)
	}
	return n, err
}

// PollWriteBuffers writes as much of bufs as there is room for, in poll style, and takes it out of
// bufs; the rest is then written by further calls.
func (s *Stream) PollWriteBuffers(cx *core.Context, bufs *net.Buffers) (n int64, ready bool, err error) {
	if n, ready, err = s.fd.PollWriteBuffers(cx, bufs); err != nil {
		err = s.failed("write", err)
	}
	return n, ready, err
}
