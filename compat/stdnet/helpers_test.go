package stdnet_test

import (
	"context"
	"errors"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"github.com/moduvex/moduvex-go/executor/net/unix"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// testTimeout is how long a test waits for what must happen. It only ever passes in a test that fails.
const testTimeout = 20 * time.Second

type handle = joinhandle.JoinHandle[struct{}]

// newRuntime makes a runtime in the mode of the run, and closes it at the end of the test.
func newRuntime(tb testing.TB, opts executor.Options) *executor.Runtime {
	tb.Helper()
	rt, err := executor.New(modetest.Options(opts))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { rt.Close() })
	return rt
}

// finish waits for a task and returns its error. It ends the test if the task does not end.
func finish(tb testing.TB, h handle) error {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
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
	if err := finish(tb, executor.Do(rt, body)); err != nil {
		tb.Fatal(err)
	}
}

// A network makes connections of one kind.
type network struct {
	name string
	pair func(co *coro.Co) (a, b stdnet.Stream, err error)
}

// networks are those that this system has.
func networks() []network {
	all := []network{{"tcp", tcpPair}}
	if runtime.GOOS != "windows" {
		all = append(all, network{"unix", func(*coro.Co) (stdnet.Stream, stdnet.Stream, error) {
			a, b, err := unix.StreamPair()
			return a, b, err
		}})
	}
	return all
}

func tcpPair(co *coro.Co) (stdnet.Stream, stdnet.Stream, error) {
	l, err := tcp.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	defer l.Close()
	a, err := tcp.Dial(co, "tcp", l.Addr().String())
	if err != nil {
		return nil, nil, err
	}
	for {
		b, err := l.Accept(co)
		if err != nil || b.RemoteAddr().String() == a.LocalAddr().String() {
			return a, b, err
		}
		b.Close() // of another process, which dials the port that the system has given l
	}
}

// onEach runs body as a task, once for each network, with a pair of streams that are closed at the end.
func onEach(t *testing.T, body func(t *testing.T, co *coro.Co, a, b stdnet.Stream) error) {
	for _, n := range networks() {
		t.Run(n.name, func(t *testing.T) {
			do(t, newRuntime(t, executor.Options{}), func(co *coro.Co) error {
				a, b, err := n.pair(co)
				if err != nil {
					return err
				}
				defer a.Close()
				defer b.Close()
				return body(t, co, a, b)
			})
		})
	}
}

// wantTimeout checks the error of an operation that a deadline has ended.
func wantTimeout(t *testing.T, op string, err error) {
	t.Helper()
	var oe *net.OpError
	var temporary interface{ Temporary() bool } // crypto/tls asks
	if !errors.As(err, &oe) || oe.Op != op || !oe.Timeout() || !errors.As(err, &temporary) || !temporary.Temporary() ||
		!errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%s: the error is %#v (%v)", op, err, err)
	}
}

// wantOp checks that err is a *net.OpError of op that wraps target.
func wantOp(t *testing.T, op string, err, target error) {
	t.Helper()
	var oe *net.OpError
	if !errors.As(err, &oe) || oe.Op != op || oe.Net == "" || !errors.Is(err, target) {
		t.Errorf("the error is %#v (%v), want a *net.OpError of %q that is %v", err, err, op, target)
	}
}
