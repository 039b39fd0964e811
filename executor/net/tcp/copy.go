package tcp

import (
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/internal/netfd"
)

// A Reader reads in direct style. It keeps the rules of io.Reader.
type Reader interface {
	Read(co *coro.Co, b []byte) (n int, err error)
}

// A Writer writes in direct style. It keeps the rules of io.Writer.
type Writer interface {
	Write(co *coro.Co, b []byte) (n int, err error)
}

// Copy copies from src to dst until src ends, and returns how many bytes it has written. The end of
// src is no error. A [Stream] on either side ends up here by its ReadFrom or WriteTo. On Linux, bytes
// that come in bulk between two Streams, of this package or of package unix, go through a pipe of
// the system and are not copied to the process; then it holds two descriptors more.
func Copy(co *coro.Co, dst Writer, src Reader) (written int64, err error) {
	return netfd.Copy(co, dst, src)
}

// ReadFrom writes to s what it reads from src, until src ends.
func (s *Stream) ReadFrom(co *coro.Co, src Reader) (n int64, err error) { return Copy(co, s, src) }

// WriteTo writes to dst what it reads from s, until s ends.
func (s *Stream) WriteTo(co *coro.Co, dst Writer) (n int64, err error) { return Copy(co, dst, s) }
