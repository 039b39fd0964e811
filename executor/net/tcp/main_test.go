package tcp_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/internal/modetest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"github.com/moduvex/moduvex-go/joinhandle"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		if child, ok := children[os.Args[1]]; ok {
			os.Exit(child())
		}
	}
	goleak.VerifyTestMain(modetest.In(m))
}

// children are what the test binary does instead of testing, by its first argument: what needs a process
// of its own.
var children = map[string]func() int{}

// patience is for what happens at once unless something is broken.
const patience = 20 * time.Second

// newRuntime makes a runtime that is closed at the end of the test. By then the test must have
// closed as many descriptors as it opened.
func newRuntime(tb testing.TB) *executor.Runtime {
	tb.Helper()
	return newRuntimeWith(tb, executor.Options{})
}

func newRuntimeWith(tb testing.TB, options executor.Options) *executor.Runtime {
	tb.Helper()
	before := openFDs(tb)
	rt, err := executor.New(modetest.Options(options))
	if errors.Is(err, errors.ErrUnsupported) {
		tb.Skip("no poller for ", runtime.GOOS)
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		rt.Close()
		// Package net closes in the background what a dial has given up.
		for end := time.Now().Add(5 * time.Second); openFDs(tb) > before && time.Now().Before(end); {
			time.Sleep(5 * time.Millisecond)
		}
		if now := openFDs(tb); now > before {
			tb.Errorf("%d descriptors were open before the test, %d are after it: %v", before, now, fdNames())
		}
	})
	return rt
}

// countsFDs says that openFDs counts.
const countsFDs = runtime.GOOS == "linux"

// openFDs counts the descriptors of the process, where that is easy; elsewhere it is 0. Package net's own
// poller stays open once it was used, so it is seen to be before.
func openFDs(tb testing.TB) int {
	if !countsFDs {
		return 0
	}
	warm(tb)
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		tb.Fatal(err)
	}
	return len(names)
}

// fdNames says what the descriptors are.
func fdNames() (names []string) {
	if !countsFDs {
		return nil
	}
	for fd := range 1 << 12 {
		if name, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd)); err == nil {
			names = append(names, name)
		}
	}
	return names
}

func warm(tb testing.TB) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	l.Close()
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
		time.Sleep(20 * time.Millisecond)
		beat()
		if rt.Stats().Polls-before <= 2 { // the beats
			return
		}
	}
}

// settleOn is settle until the only task of an instrumented runtime waits on what is named. A runtime with nothing to
// do may merely have a peer that gets no processor.
func settleOn(tb testing.TB, rt *executor.Runtime, what string) {
	tb.Helper()
	for end := time.Now().Add(patience); ; {
		settle(rt)
		tasks := rt.Tasks()
		if len(tasks) == 1 && tasks[0].WaitsOn == what {
			return
		}
		if time.Now().After(end) {
			tb.Fatalf("nothing waits on %s: %v", what, tasks)
		}
	}
}

// listen makes a listener that is closed at the end of the test.
func listen(tb testing.TB) *tcp.Listener {
	tb.Helper()
	l, err := tcp.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { l.Close() })
	return l
}

// connect makes a connection between a Stream and a net.TCPConn. Both are closed at the end.
func connect(tb testing.TB, rt *executor.Runtime) (*tcp.Stream, *net.TCPConn) {
	tb.Helper()
	l := listen(tb)
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { c.Close() })
	var s *tcp.Stream
	do(tb, rt, func(co *coro.Co) (err error) {
		s, err = l.Accept(co)
		return err
	})
	tb.Cleanup(func() { s.Close() })
	return s, c.(*net.TCPConn)
}

// wantIs fails unless err is a *net.OpError of op that errors.Is target.
func wantIs(tb testing.TB, err error, op string, target error) {
	tb.Helper()
	var oe *net.OpError
	if !errors.As(err, &oe) || oe.Op != op || oe.Net != "tcp" {
		tb.Errorf("error is %#v (%v), want a *net.OpError of %q", err, err, op)
	}
	if !errors.Is(err, target) {
		tb.Errorf("error is %q, want one that is %q", err, target)
	}
}
