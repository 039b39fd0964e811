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

// SendFile writes to s what is left of src, and returns how many bytes it has written. The end of src
// is no error. If src is a regular file (an *os.File, an *io.SectionReader of one, or an
// *io.LimitedReader of either) then on Linux the system sends it, and no byte of it is copied to the
// process; elsewhere, and where the system will not, it is read and written. Either way what was sent
// is taken out of src, its position or limit, and nothing else is, also after an error. To send one
// file to many connections at a time, give each a section of its own, since an *os.File has but one
// position. On Linux the system sends the file's memory and not a copy: change a part that is on its
// way, and the peer gets the one or the other.
//
// A file that is not in the system's memory is read from its disk, and that blocks the worker, for up
// to 256 KiB at a time; where this matters, read ahead on the blocking pool, or give such work a
// runtime of its own. Any other src is read and written too: it is its Read that blocks the worker
// then, and what it has returned is lost if it cannot be written.
func (s *Stream) SendFile(co *coro.Co, src io.Reader) (n int64, err error) {
	n, regular, err := s.fd.SendFile(co, s.wrap, src)
	if !regular {
		return stream.Copy(co, s, netfd.BlockingReader{R: src})
	}
	return n, err
}

// PollSendFile is SendFile in poll style: it sends as much as there is room for, and the rest is then
// sent by further calls with the same src, until one returns io.EOF. If src is not a regular file, or
// one of the readers of it, it returns errors.ErrUnsupported.
func (s *Stream) PollSendFile(cx *core.Context, src io.Reader) (n int64, ready bool, err error) {
	return s.fd.PollSendFile(cx, s.wrap, src)
}
