package unix_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/unix"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(modetest.In(m)) }

// temp makes a folder for sockets: t.TempDir may be too long for one.
func temp(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("", "unix")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// listen makes a listener that is closed at the end of the test.
func listen(tb testing.TB) *unix.Listener {
	tb.Helper()
	l, err := unix.Listen(filepath.Join(temp(tb), "s"))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { l.Close() })
	return l
}

// noPair ends a test that has not got a pair. Windows makes none.
func noPair(tb testing.TB, err error) {
	tb.Helper()
	if runtime.GOOS == "windows" && errors.Is(err, errors.ErrUnsupported) {
		tb.Skip(err)
	}
	tb.Fatal(err)
}

// streams makes a pair of streams.
func streams(tb testing.TB) (a, b *unix.Stream) {
	tb.Helper()
	a, b, err := unix.StreamPair()
	if err != nil {
		noPair(tb, err)
	}
	tb.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

func seqpackets(tb testing.TB) (a, b *unix.Seqpacket) {
	tb.Helper()
	a, b, err := unix.SeqpacketPair()
	if err != nil {
		tb.Skip(err)
	}
	tb.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

func datagrams(tb testing.TB) (a, b *unix.Datagram) {
	tb.Helper()
	a, b, err := unix.DatagramPair()
	if err != nil {
		noPair(tb, err)
	}
	tb.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

// bind makes a datagram socket with a path.
func bind(tb testing.TB) (s *unix.Datagram, path string) {
	tb.Helper()
	path = filepath.Join(temp(tb), "d")
	s, err := unix.Bind(path)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { s.Close() })
	return s, path
}

// wantIs fails the test unless err is a *net.OpError of op that wraps target.
func wantIs(tb testing.TB, err error, op string, target error) {
	tb.Helper()
	nettest.WantIs(tb, "unix", err, op, target)
}

// wantTimeout fails unless err is what a deadline of the socket ends op with.
func wantTimeout(tb testing.TB, err error, op string) {
	tb.Helper()
	wantIs(tb, err, op, os.ErrDeadlineExceeded)
	var ne net.Error
	if !errors.As(err, &ne) || !ne.Timeout() {
		tb.Errorf("%v is no timeout", err)
	}
}

// reader is what all three kinds of sockets do.
type reader interface {
	Read(co *coro.Co, b []byte) (int, error)
}

// want reads and fails unless it gets text.
func want(co *coro.Co, s reader, text string) error {
	buf := make([]byte, 1<<16)
	n, err := s.Read(co, buf)
	if err == nil && string(buf[:n]) != text {
		err = fmt.Errorf("got %q, want %q", buf[:n], text)
	}
	return err
}
