package unix

import (
	"io"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/internal/netfd"
	"github.com/moduvex/moduvex-go/executor/net/stream"
	"github.com/moduvex/moduvex-go/reactor"
)

// ReadFrom copies from src to s until src ends, as [stream.Copy] does. If s cannot be written to, it reads nothing.
func (s *Stream) ReadFrom(co *coro.Co, src stream.Reader) (n int64, err error) {
	if err := s.fd.Check(co.Context(), reactor.Write); err != nil {
		return 0, s.wrap("write", err)
	}
	return stream.Copy(co, s, src)
}

// WriteTo copies from s to dst until s ends, as [stream.Copy] does.
func (s *Stream) WriteTo(co *coro.Co, dst stream.Writer) (n int64, err error) {
	return stream.Copy(co, dst, s)
}

// SendFile writes the rest of src to s, and returns how many bytes it has written. The end of src is not an error.
//
// If src is a regular file (an *os.File, an *io.SectionReader of one, or an *io.LimitedReader of either), then on
// Linux the system sends it, and no byte is copied to the process; elsewhere, and for files that the system cannot
// send, SendFile reads and writes. In both cases it moves the position or the limit of src by exactly the number of
// bytes sent, also after an error. To send one file to many connections at a time, pass a section to each, since an
// *os.File has only one position. On Linux the system sends the pages of the file and not a copy: if a part of the
// file changes while it is sent, the peer gets the old or the new bytes.
//
// If the file is not in the page cache, the system reads it from the disk, which blocks the worker for up to 256 KiB
// at a time; where this matters, read ahead on the blocking pool, or use a runtime of its own for such work. Any
// other src is read and written: its Read blocks the worker, and bytes that it has returned are lost if they cannot
// be written.
func (s *Stream) SendFile(co *coro.Co, src io.Reader) (n int64, err error) {
	n, regular, err := s.fd.SendFile(co, s.wrap, src)
	if !regular {
		return stream.Copy(co, s, netfd.BlockingReader{R: src})
	}
	return n, err
}

// PollSendFile is SendFile in poll style: it sends as much as there is room for. Further calls with the same src send
// the rest, until one returns io.EOF. If src is neither a regular file nor one of the readers of it, PollSendFile
// returns errors.ErrUnsupported.
func (s *Stream) PollSendFile(cx *core.Context, src io.Reader) (n int64, ready bool, err error) {
	return s.fd.PollSendFile(cx, s.wrap, src)
}
