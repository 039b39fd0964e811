package stdnet_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/core/timer"
	"github.com/moduvex/moduvex-go/executor"
)

// A place runs a function once, on a worker of some runtime.
type place struct {
	name string
	run  func(t *testing.T, f func())
}

// placesOf are those of a runtime, whatever its options.
func placesOf(rt *executor.Runtime) []place {
	return []place{
		{"a body", func(_ *testing.T, f func()) {
			executor.Do(rt, func(*coro.Co) error { f(); return nil })
		}},
		{"a poll", func(_ *testing.T, f func()) {
			executor.Spawn(rt, future.Func(func(*core.Context) (int, bool) { f(); return 0, true }))
		}},
		{"a drop", func(_ *testing.T, f func()) {
			executor.Spawn(rt, &dropping{drop: f}).Abort()
		}},
		{"a waker that a timer calls", func(_ *testing.T, f func()) {
			executor.Spawn(rt, &waking{timer: timer.Sleep(time.Millisecond), wake: f})
		}},
		{"OnEnd", func(_ *testing.T, f func()) {
			h := executor.Do(rt, func(co *coro.Co) error { return coro.Sleep(co, time.Hour) })
			h.OnEnd(f) // before the end, which is on the worker then
			h.Abort()
		}},
	}
}

// hooks are the functions of a runtime's options that its workers call.
func hooks() []place {
	panics := func(t *testing.T, opts executor.Options) {
		executor.Do(newRuntime(t, opts), func(*coro.Co) error { panic("oh") })
	}
	return []place{
		{"OnPanic", func(t *testing.T, f func()) {
			panics(t, executor.Options{OnPanic: func(executor.TaskInfo, *task.PanicError) { f() }})
		}},
		{"the logger", func(t *testing.T, f func()) {
			panics(t, executor.Options{Logger: slog.New(slog.NewTextHandler(writer(f), nil))})
		}},
	}
}

type dropping struct{ drop func() }

func (f *dropping) Poll(*core.Context) (int, bool) { return 0, false }
func (f *dropping) Drop()                          { f.drop() }

// A waking is a future whose timer wakes a waker that calls wake, before the task's own.
type waking struct {
	timer *timer.Timer
	wake  func()
}

func (f *waking) Poll(cx *core.Context) (struct{}, bool) {
	own := cx.Waker()
	cx.SwapWaker(core.WakerFunc(func() { f.wake(); own.Wake() }))
	defer cx.SwapWaker(own)
	return f.timer.Poll(cx)
}

func (f *waking) Drop() { f.timer.Drop() }

// A writer calls itself at each Write.
type writer func()

func (w writer) Write(b []byte) (int, error) { w(); return len(b), nil }

// A free call that would have to wait is refused wherever a worker runs the code: in tasks in either style and in what else a
// worker calls, of the runtime of the socket and of another one.
//
// Regression: only tasks of the socket's runtime were refused, and others blocked their worker.
func TestFreeCallsThatWouldWaitAreRefusedOnEveryWorker(t *testing.T) {
	own, other := newRuntime(t, executor.Options{}), newRuntime(t, executor.Options{})
	for _, of := range []struct {
		name   string
		places []place
	}{{"the runtime of the socket", placesOf(own)}, {"another runtime", append(placesOf(other), hooks()...)}} {
		for _, p := range of.places {
			t.Run(of.name+"/"+p.name, func(t *testing.T) { refusedIn(t, own, p) })
		}
	}
}

func refusedIn(t *testing.T, rt *executor.Runtime, in place) {
	s := freeSide(rt)
	c, _ := connected(t, s, s, "tcp")
	behind, full := connected(t, s, s, "tcp")
	blocked := blockedWrites(behind, 1) // of more than there is room for
	eventually(t, "the write has begun", func() bool { return stdnet.Writing(behind) })
	defer func() { behind.Close(); <-blocked[0] }()
	l, err := stdnet.Listen(rt, "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p, err := stdnet.ListenPacket(rt, "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()

	b := make([]byte, 8)
	calls := map[string]func() error{
		"Read":                  func() error { _, err := c.Read(b); return err },
		"Accept":                func() error { _, err := l.Accept(); return err },
		"ReadFrom":              func() error { _, _, err := p.ReadFrom(b); return err },
		"Write behind another":  func() error { _, err := behind.Write(b); return err },
		"Write beyond the room": func() error { _, err := full.Write(make([]byte, 16<<20)); return err },
		"Dial": func() error {
			_, err := (&stdnet.Dialer{Runtime: rt}).Dial("tcp", l.Addr().String())
			return err
		},
	}
	errs := make(map[string]error)
	done := make(chan struct{})
	go in.run(t, func() {
		defer close(done)
		if _, err := c.Write([]byte("x")); err != nil {
			t.Errorf("a write that need not wait: %v", err)
		}
		for name, call := range calls {
			errs[name] = call()
		}
	})
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
	defer cancel()
	select {
	case <-done:
	case <-ctx.Done():
		c.Close() // ends the calls that block the worker
		l.Close()
		p.Close()
		behind.Close()
		t.Fatal("a call blocks the worker")
	}
	for name := range calls {
		var oe *net.OpError
		if err := errs[name]; !errors.As(err, &oe) || !errors.Is(err, stdnet.ErrOnWorker) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
