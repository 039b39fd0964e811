//go:build unix

package reactortest

import (
	"os"
	"testing"

	"github.com/moduvex/moduvex-go/reactor"
)

// pipe returns the non-blocking ends of a pipe.
func pipe(t testing.TB) (rd, wr *os.File) {
	t.Helper()
	rd, wr, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rd.Close(); wr.Close() })
	return rd, wr
}

func testPipeWriterGone(t *testing.T, s *suite) {
	for _, mode := range allModes {
		r := s.rig(t)
		rd, wr := pipe(t)
		fd := fdOf(t, rd)
		r.add(fd, 7, reactor.Readable, mode)
		r.silent(7, everything, someSpurious)
		wr.Close()
		if got := r.until(7, reactor.ReadClosed); !got.Allows(reactor.Read) {
			t.Errorf("%v: %v does not allow a read", mode, got)
		}
		r.delete(fd)
	}
}

func testPipeReaderGone(t *testing.T, s *suite) {
	for _, mode := range allModes {
		r := s.rig(t)
		rd, wr := pipe(t)
		fd := fdOf(t, wr)
		r.add(fd, 7, 0, mode)
		r.silent(7, everything, someSpurious)
		rd.Close()
		r.untilAllows(7, reactor.Write)
		r.delete(fd)
	}
}
