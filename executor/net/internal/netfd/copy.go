package netfd

import (
	"io"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/reactor"
)

// A Reader reads in direct style. It keeps the rules of io.Reader.
type Reader interface {
	Read(co *coro.Co, b []byte) (n int, err error)
}

// A Writer writes in direct style. It keeps the rules of io.Writer.
type Writer interface {
	Write(co *coro.Co, b []byte) (n int, err error)
}

// copyBuffer is the memory that a Copy takes while it runs: as io.Copy.
const copyBuffer = 32 << 10

// maxEmptyReads is after how many reads of nothing in a row a Reader counts as broken: as in package bufio.
const maxEmptyReads = 100

// ReadFrom is Copy to dst, which is the stream of f. If f cannot be written to, nothing is read.
func (f *FD) ReadFrom(co *coro.Co, dst Writer, failed Failed, src Reader) (written int64, err error) {
	if err := f.nothing(co.Context(), reactor.Write); err != nil {
		return 0, failed("write", err)
	}
	return Copy(co, dst, src)
}

// Copy copies from src to dst until src ends, and returns how many bytes it has written. The end of
// src is no error. Where both are sockets and the system can do that, bytes that come in bulk are
// moved without being copied to the process and back.
func Copy(co *coro.Co, dst Writer, src Reader) (written int64, err error) {
	buf := make([]byte, copyBuffer)
	splicer := newSplicer(dst, src)
	empty := 0
	for {
		n, rerr := src.Read(co, buf)
		if n == 0 && rerr == nil {
			if empty++; empty == maxEmptyReads {
				return written, io.ErrNoProgress
			}
			continue
		}
		empty = 0
		if n > 0 {
			m, err := dst.Write(co, buf[:n])
			written += int64(m)
			if err == nil && m < n {
				err = io.ErrShortWrite
			}
			if err != nil {
				return written, err
			}
		}
		if rerr == nil && n >= bulk {
			var m int64
			m, rerr = splicer.run(co, buf)
			written += m
		}
		if rerr == io.EOF {
			return written, nil
		}
		if rerr != nil {
			return written, rerr
		}
	}
}
