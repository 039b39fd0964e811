package tcp

import (
	"errors"
	"net"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// Split returns the two directions of s, for two tasks that own one each. The connection closes when both halves are
// closed; Close of s closes it at once. Deadlines and options stay with s.
func (s *Stream) Split() (*ReadHalf, *WriteHalf) { return &ReadHalf{s}, &WriteHalf{s} }

// A ReadHalf is the reading direction of a [Stream].
type ReadHalf struct{ s *Stream }

// Stream returns the whole connection. That of a zero ReadHalf is a zero Stream, which is closed.
func (h *ReadHalf) Stream() *Stream {
	if h.s == nil {
		return &Stream{}
	}
	return h.s
}

// Read is [Stream.Read].
func (h *ReadHalf) Read(co *coro.Co, b []byte) (int, error) { return h.Stream().Read(co, b) }

// PollRead is [Stream.PollRead].
func (h *ReadHalf) PollRead(cx *core.Context, b []byte) (n int, ready bool, err error) {
	return h.Stream().PollRead(cx, b)
}

// Close ends reading. The peer is not notified; if it has sent bytes that were not read, the system may reset the
// connection once both halves are closed. Pending reads and a second Close return net.ErrClosed.
func (h *ReadHalf) Close() error {
	_, err := h.Stream().fd.CloseHalf(reactor.Read)
	return h.Stream().halfClosed(err)
}

// A WriteHalf is the writing direction of a [Stream].
type WriteHalf struct{ s *Stream }

// Stream returns the whole connection. That of a zero WriteHalf is a zero Stream, which is closed.
func (h *WriteHalf) Stream() *Stream {
	if h.s == nil {
		return &Stream{}
	}
	return h.s
}

// Write is [Stream.Write].
func (h *WriteHalf) Write(co *coro.Co, b []byte) (int, error) { return h.Stream().Write(co, b) }

// PollWrite is [Stream.PollWrite].
func (h *WriteHalf) PollWrite(cx *core.Context, b []byte) (n int, ready bool, err error) {
	return h.Stream().PollWrite(cx, b)
}

// Close ends writing: the peer reads the bytes that were written and then io.EOF. Pending writes and a second Close
// return net.ErrClosed.
func (h *WriteHalf) Close() error {
	return h.Stream().halfClosed(h.Stream().fd.CloseWriting())
}

// halfClosed is the result of closing a half. If the connection is reset already, there is no peer to notify, and
// that is not an error.
func (s *Stream) halfClosed(err error) error {
	if err == nil || errors.Is(err, sys.ENOTCONN) && !errors.Is(err, net.ErrClosed) {
		return nil
	}
	return s.failed("close", err)
}
