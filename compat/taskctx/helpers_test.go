package taskctx_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// testTimeout is how long a test waits for what must happen. It only ever passes in a test that fails.
const testTimeout = 20 * time.Second

var errCause = errors.New("cause")

type key string

// startRuntime makes a runtime that is closed at the end of the test.
func startRuntime(t testing.TB, opts executor.Options) *executor.Runtime {
	t.Helper()
	rt, err := executor.New(modetest.Options(opts))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rt.Close() })
	return rt
}

func receive[T any](t testing.TB, what string, ch <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-ch:
	case <-time.After(testTimeout):
		buf := make([]byte, 1<<20)
		t.Fatalf("it did not happen: %s\n%s", what, buf[:runtime.Stack(buf, true)])
	}
	return v
}

func join[T any](t testing.TB, h joinhandle.JoinHandle[T]) (T, error) {
	t.Helper()
	receive(t, "a join", h.Done())
	return h.Wait(context.Background())
}

// eventually waits until cond holds.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(testTimeout); !cond(); time.Sleep(50 * time.Microsecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it did not happen: %s", what)
		}
	}
}

// hold occupies every worker of rt, and returns when it has. The test calls release.
func hold(t testing.TB, rt *executor.Runtime) (release func()) {
	t.Helper()
	held, end := make(chan struct{}), make(chan struct{})
	release = sync.OnceFunc(func() { close(end) })
	t.Cleanup(release)
	for i := range rt.Workers() {
		executor.Do(rt.On(i), func(*coro.Co) error {
			held <- struct{}{}
			<-end
			return nil
		})
	}
	for range rt.Workers() {
		receive(t, "a worker takes its task", held)
	}
	return release
}

// heap returns the size of the live heap.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A counting context counts the functions that are registered with the context inside, and those that are left.
type counting struct {
	context.Context
	added, left atomic.Int64
}

func (c *counting) AfterFunc(f func()) (stop func() bool) {
	c.added.Add(1)
	c.left.Add(1)
	inner := context.AfterFunc(c.Context, func() {
		c.left.Add(-1)
		f()
	})
	return func() bool {
		stopped := inner()
		if stopped {
			c.left.Add(-1)
		}
		return stopped
	}
}

// Value hides the context inside, with which package context would register otherwise.
func (c *counting) Value(k any) any {
	if k, ok := k.(key); ok {
		return c.Context.Value(k)
	}
	return nil
}

// unused fails the test if a function is left with the context.
func (c *counting) unused(t testing.TB) {
	t.Helper()
	if n := c.left.Load(); n != 0 {
		t.Errorf("%d functions are left with the context", n)
	}
}

// newCounting returns a counting context and what ends it.
func newCounting() (*counting, context.CancelCauseFunc) {
	ctx, cancel := context.WithCancelCause(context.Background())
	return &counting{Context: ctx}, cancel
}

// isWhy fails the test unless err says that ctx has ended, and why.
func isWhy(t testing.TB, err error, ctx context.Context) {
	t.Helper()
	if !errors.Is(err, core.ErrCancelled) || !errors.Is(err, context.Cause(ctx)) || !errors.Is(err, ctx.Err()) {
		t.Errorf("have %v, want one that is %v, %v and core.ErrCancelled", err, context.Cause(ctx), ctx.Err())
	}
	if ctx.Err() == context.DeadlineExceeded && errors.Is(err, context.Canceled) {
		t.Errorf("%v is context.Canceled, too", err)
	}
}

// A resource counts how often it is closed.
type resource struct{ closed atomic.Int32 }

func (r *resource) Close() error { r.closed.Add(1); return nil }
