package unix_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/internal/modetest"
	"github.com/moduvex/moduvex-go/executor/net/unix"
	"github.com/moduvex/moduvex-go/joinhandle"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(modetest.In(m)) }

// patience is for what happens at once unless something is broken.
const patience = 20 * time.Second

// newRuntime makes a runtime that is closed at the end of the test. By then the test must have
// closed as many descriptors as it opened.
func newRuntime(tb testing.TB) *executor.Runtime {
	tb.Helper()
	before := openFDs(tb)
	rt, err := executor.New(modetest.Options(executor.Options{}))
	if errors.Is(err, errors.ErrUnsupported) {
		tb.Skip("no poller for ", runtime.GOOS)
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		rt.Close()
		if now := openFDs(tb); now > before {
			tb.Errorf("%d descriptors were open before the test, %d are after it", before, now)
		}
	})
	return rt
}

// openFDs counts the descriptors of the process, where that is easy. Package net's own poller stays
// open once it was used, so it is seen to be before.
func openFDs(tb testing.TB) int {
	if runtime.GOOS != "linux" {
		return 0
	}
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		tb.Fatal(err)
	}
	c.Close()
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		tb.Fatal(err)
	}
	return len(names)
}

type handle = joinhandle.JoinHandle[struct{}]

// start runs body as a task.
func start(rt *executor.Runtime, body func(co *coro.Co) error) handle {
	return executor.Go(rt, func(co *coro.Co) (struct{}, error) { return struct{}{}, body(co) })
}

// finish waits for a task and returns its error.
func finish(tb testing.TB, h handle) error {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err := h.Wait(ctx)
	if errors.Is(err, context.DeadlineExceeded) && !h.Finished() {
		buf := make([]byte, 1<<20)
		tb.Fatalf("the task hangs\n\n%s", buf[:runtime.Stack(buf, true)])
	}
	return err
}

// do runs body as a task, which must succeed.
func do(tb testing.TB, rt *executor.Runtime, body func(co *coro.Co) error) {
	tb.Helper()
	if err := finish(tb, start(rt, body)); err != nil {
		tb.Fatal(err)
	}
}

// settle waits until the runtime has nothing to do: all tasks wait. Its own task shows that the
// worker is not merely waiting for a processor.
func settle(rt *executor.Runtime) {
	beat := func() {
		<-start(rt, func(*coro.Co) error { return nil }).Done()
	}
	for {
		beat()
		before := rt.Stats().Polls
		time.Sleep(15 * time.Millisecond)
		beat()
		if rt.Stats().Polls-before <= 2 { // the beats
			return
		}
	}
}

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

// wantIs fails unless err is a *net.OpError of op that errors.Is target.
func wantIs(tb testing.TB, err error, op string, target error) {
	tb.Helper()
	var oe *net.OpError
	if !errors.As(err, &oe) || oe.Op != op || !strings.HasPrefix(oe.Net, "unix") {
		tb.Errorf("error is %#v (%v), want a *net.OpError of %q", err, err, op)
	}
	if !errors.Is(err, target) {
		tb.Errorf("error is %q, want one that is %q", err, target)
	}
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
