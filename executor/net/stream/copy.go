package stream

import (
	"io"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/internal/netfd"
)

// maxEmptyReads is the number of reads in a row that return neither bytes nor an error after which a Reader counts as
// broken, as in package bufio.
const maxEmptyReads = 100

// Copy copies from src to dst until src ends, and returns how many bytes it has written. The end of src is not an
// error.
//
// On Linux, bytes that come in bulk between two streams of packages tcp and unix go through a pipe of the system and
// are not copied to the process; meanwhile the copy holds two more descriptors. To send a file, use SendFile of the
// stream.
func Copy(co *coro.Co, dst Writer, src Reader) (written int64, err error) {
	buf := make([]byte, netfd.CopyBuffer)
	splicer := netfd.NewSplicer(dst, src)
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
		if rerr == nil && n == len(buf) {
			var m int64
			m, rerr = splicer.Run(co, buf)
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
