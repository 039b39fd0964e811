package unix

import (
	"net"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
)

// ReadBuffers is Read into several buffers, the first one first, in one system call. A system call takes a limited
// number of buffers, and the rest stays empty.
func (s *Stream) ReadBuffers(co *coro.Co, bufs [][]byte) (n int, err error) {
	if n, err = s.fd.ReadBuffers(co, bufs); err != nil {
		err = s.wrap("read", err)
	}
	return n, err
}

// PollReadBuffers is ReadBuffers in poll style.
func (s *Stream) PollReadBuffers(cx *core.Context, bufs [][]byte) (n int, ready bool, err error) {
	if n, ready, err = s.fd.PollReadBuffers(cx, bufs); err != nil {
		err = s.wrap("read", err)
	}
	return n, ready, err
}

// WriteBuffers writes all of bufs without joining them first, and waits whenever there is no room. It takes the bytes
// that it has written out of bufs, as net.Buffers.WriteTo does, so after an error bufs has the rest.
func (s *Stream) WriteBuffers(co *coro.Co, bufs *net.Buffers) (n int64, err error) {
	if n, err = s.fd.WriteBuffers(co, bufs); err != nil {
		err = s.wrap("write", err)
	}
	return n, err
}

// PollWriteBuffers writes as much of bufs as there is room for, in poll style, and takes it out of bufs. Further
// calls write the rest.
func (s *Stream) PollWriteBuffers(cx *core.Context, bufs *net.Buffers) (n int64, ready bool, err error) {
	if n, ready, err = s.fd.PollWriteBuffers(cx, bufs); err != nil {
		err = s.wrap("write", err)
	}
	return n, ready, err
}
