package executor_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/joinhandle"
	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/reactortest"
)

// testTimeout is how long a test waits for what must happen. It only ever passes in a test that fails.
const testTimeout = 20 * time.Second

// startRuntime makes a runtime that is closed at the end of the test.
func startRuntime(t testing.TB, opts executor.Options) *executor.Runtime {
	t.Helper()
	rt := makeRuntime(t, opts)
	t.Cleanup(func() { closeRuntime(t, rt) })
	return rt
}

// makeRuntime makes a runtime that the test closes. Where the system's poller is still missing, a
// fake one takes its place: nothing here depends on which.
func makeRuntime(t testing.TB, opts executor.Options) *executor.Runtime {
	t.Helper()
	opts = modetest.Options(opts)
	rt, err := executor.New(opts)
	if errors.Is(err, errors.ErrUnsupported) && opts.Poller == nil {
		opts.Poller = func() (reactor.Poller, error) { return reactortest.NewFake(), nil }
		rt, err = executor.New(opts)
	}
	if err != nil {
		t.Fatal(err)
	}
	return rt
}

// closeRuntime closes rt unless the test has done so, and fails the test if that does not end.
func closeRuntime(t testing.TB, rt *executor.Runtime) {
	t.Helper()
	ends(t, "Close", func() { rt.Close() })
}

func fakePoller(f *reactortest.Fake) func() (reactor.Poller, error) {
	return func() (reactor.Poller, error) { return f, nil }
}

// within returns a context that ends when testTimeout is over.
func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeoutCause(context.Background(), testTimeout, errors.New("the time of the test is over"))
	t.Cleanup(cancel)
	return ctx
}

// ended returns a context that is done, with this cause.
func ended(cause error) context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(cause)
	return ctx
}

// eventually waits until cond holds.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	pause := 10 * time.Microsecond
	for deadline := time.Now().Add(testTimeout); !cond(); pause = min(2*pause, 5*time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it did not happen: %s\n%s", what, stacks())
		}
		time.Sleep(pause)
	}
}

// ends runs f and fails the test if it does not return.
func ends(t testing.TB, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	receive(t, what, done)
}

// receive receives from ch, and fails the test if nothing comes.
func receive[T any](t testing.TB, what string, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(testTimeout):
		t.Fatalf("it did not end: %s\n%s", what, stacks())
		panic("unreachable")
	}
}

func stacks() []byte {
	buf := make([]byte, 1<<20)
	return buf[:runtime.Stack(buf, true)]
}

// join waits for h.
func join[T any](t testing.TB, h joinhandle.JoinHandle[T]) (T, error) {
	t.Helper()
	receive(t, "a join", h.Done())
	return h.Wait(context.Background())
}

// joinOK waits for h, which must have an output.
func joinOK[T any](t testing.TB, h joinhandle.JoinHandle[T]) T {
	t.Helper()
	v, err := join(t, h)
	if err != nil {
		t.Fatalf("the join returned %v", err)
	}
	return v
}

// joinCancelled waits for h, which must have been cancelled.
func joinCancelled[T any](t testing.TB, h joinhandle.JoinHandle[T]) {
	t.Helper()
	_, err := join(t, h)
	var je *joinhandle.JoinError
	if !errors.As(err, &je) || !je.Cancelled() || !errors.Is(err, core.ErrCancelled) {
		t.Fatalf("the join returned %v, want a cancelled task", err)
	}
}

// settled waits until the workers of rt sleep.
func settled(t testing.TB, rt *executor.Runtime) {
	t.Helper()
	eventually(t, "the workers park", func() bool { return executor.Parked(rt) })
}

// undisturbed is settled, with no notify left over. A worker that was chosen between its park and its wait
// does not wait, and the notify ends the wait after it: then it is awake when it seems to park.
func undisturbed(t testing.TB, rt *executor.Runtime) {
	t.Helper()
	settled(t, rt)
	for i := range rt.Workers() {
		joinOK(t, executor.Spawn(rt.On(i), future.Ready(0))) // for which it has to leave its wait
	}
	settled(t, rt)
}

// alive fails the test unless the worker of rt still serves everybody.
func alive(t testing.TB, rt *executor.Runtime) {
	t.Helper()
	if v := joinOK(t, executor.Spawn(rt, future.Ready(11))); v != 11 {
		t.Fatalf("a task returned %d, want 11", v)
	}
	v := joinOK(t, executor.Go(rt, func(co *coro.Co) (int, error) {
		return 12, errors.Join(co.Yield(), coro.Sleep(co, time.Microsecond))
	}))
	if v != 12 {
		t.Fatalf("a body returned %d, want 12", v)
	}
}

// A style runs f once inside a task.
type style struct {
	name string
	do   func(s core.Spawner, f func(s core.Spawner)) joinhandle.JoinHandle[int]
}

var styles = []style{
	{"poll", func(s core.Spawner, f func(s core.Spawner)) joinhandle.JoinHandle[int] {
		return executor.Spawn(s, future.Func(func(cx *core.Context) (int, bool) {
			f(cx)
			return 0, true
		}))
	}},
	{"direct", func(s core.Spawner, f func(s core.Spawner)) joinhandle.JoinHandle[int] {
		return executor.Go(s, func(co *coro.Co) (int, error) {
			f(co)
			return 0, nil
		})
	}},
}

// inTask runs f once on the worker.
func inTask(t testing.TB, rt *executor.Runtime, f func(cx *core.Context)) {
	t.Helper()
	joinOK(t, executor.Spawn(rt, future.Func(func(cx *core.Context) (int, bool) {
		f(cx)
		return 0, true
	})))
}

// A gate is a future that is ready once it was opened. Any goroutine may open it.
type gate struct {
	polls, drops atomic.Int64
	inDrop       func() // if not nil, called by Drop

	mu    sync.Mutex
	open  bool
	waker core.Waker
}

func (g *gate) Poll(cx *core.Context) (int, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waker = cx.Waker()
	g.polls.Add(1)
	return 0, g.open
}

func (g *gate) Drop() {
	g.drops.Add(1)
	if g.inDrop != nil {
		g.inDrop()
	}
}

// Open makes the gate ready.
func (g *gate) Open() {
	g.mu.Lock()
	g.open = true
	g.mu.Unlock()
	g.Wake()
}

// Wake wakes the task, if it was ever polled.
func (g *gate) Wake() {
	g.mu.Lock()
	w := g.waker
	g.mu.Unlock()
	if w != nil {
		w.Wake()
	}
}

// polled waits until the gate was polled n times.
func (g *gate) polled(t testing.TB, n int64) {
	t.Helper()
	eventually(t, "the gate is polled", func() bool { return g.polls.Load() >= n })
	if got := g.polls.Load(); got > n {
		t.Fatalf("%d polls, want %d", got, n)
	}
}

// droppedOnce fails the test unless the gate was dropped, once.
func (g *gate) droppedOnce(t testing.TB) {
	t.Helper()
	if n := g.drops.Load(); n != 1 {
		t.Fatalf("the future was dropped %d times, want once", n)
	}
}

// hold occupies every worker of rt and returns when it has. The test calls release.
func hold(t testing.TB, rt *executor.Runtime) (release func()) {
	t.Helper()
	held, end := make(chan struct{}), make(chan struct{})
	release = sync.OnceFunc(func() { close(end) })
	t.Cleanup(release) // also if the test fails, so that Close ends
	for i := range rt.Workers() {
		executor.Spawn(rt.On(i), future.Func(func(cx *core.Context) (int, bool) {
			held <- struct{}{}
			<-end
			return 0, true
		}))
	}
	for range rt.Workers() {
		receive(t, "a worker takes its task", held)
	}
	return release
}

// armedTimers counts the timers of all workers.
func armedTimers(t testing.TB, rt *executor.Runtime) (n int) {
	t.Helper()
	for _, h := range executor.GoEach(rt, func(co *coro.Co, _ int) (int, error) {
		return executor.ArmedTimers(co.Context().Host()), nil
	}) {
		n += joinOK(t, h)
	}
	return n
}

// panicOf runs f and returns what it panicked with.
func panicOf(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}

// contains reports whether s has all of the parts.
func contains(s string, parts ...string) bool {
	for _, p := range parts {
		if !strings.Contains(s, p) {
			return false
		}
	}
	return true
}
