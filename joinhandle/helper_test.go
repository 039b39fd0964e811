package joinhandle_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/joinhandle"
)

func newHost(t testing.TB) *coretest.Host {
	h := coretest.New(1)
	t.Cleanup(h.Close)
	return h
}

// joined returns the output of a task, which must have ended.
func joined[T any](t testing.TB, j joinhandle.JoinHandle[T]) (T, error) {
	t.Helper()
	r, ok := j.TryJoin()
	if !ok {
		t.Fatal("the task has not ended")
	}
	return r.Value, r.Err
}

// do runs body as a task of a new host, to its end.
func do(t testing.TB, body func(co *coro.Co)) {
	t.Helper()
	h := newHost(t)
	j := spawnBody(h, func(co *coro.Co) (int, error) { body(co); return 0, nil })
	h.Run()
	if _, err := joined(t, j); err != nil {
		t.Error(err)
	}
}

// poll polls f by hand, with w as the waker.
func poll[T any](h *coretest.Host, w core.Waker, f core.Future[T]) (T, bool) {
	h.Context().ForHost().Begin(w)
	return f.Poll(h.Context())
}

// over returns a context that has been cancelled with cause.
func over(cause error) context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(cause)
	return ctx
}

// sleeper is a body that returns v after d.
func sleeper(v int, d time.Duration) func(co *coro.Co) (int, error) {
	return func(co *coro.Co) (int, error) { return v, coro.Sleep(co, d) }
}

// wantPanic fails the test unless err is that of a task that panicked with value.
func wantPanic(t testing.TB, err error, value any) *task.PanicError {
	t.Helper()
	var pe *task.PanicError
	if !errors.As(err, &pe) || pe.Value != value {
		t.Fatalf("have %v (%T), want the panic %v", err, err, value)
	}
	return pe
}

// mustPanic fails the test unless f panics with want.
func mustPanic(t testing.TB, want any, f func()) {
	t.Helper()
	defer func() {
		if v := recover(); v != want {
			t.Errorf("have %v, want the panic %v", v, want)
		}
	}()
	f()
}

// A counter is a waker that counts.
type counter struct{ wakes int }

func (c *counter) Wake() { c.wakes++ }

// A probe is a future that is pending until complete is called, from any goroutine.
type probe struct {
	mu           sync.Mutex
	value        int
	ready        bool
	waker        core.Waker
	polls, drops int
}

func (p *probe) Poll(cx *core.Context) (int, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.polls++
	p.waker = cx.Waker()
	return p.value, p.ready
}

func (p *probe) Drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drops++
}

// complete makes the probe ready with value and wakes its task.
func (p *probe) complete(value int) {
	p.mu.Lock()
	p.value, p.ready = value, true
	w := p.waker
	p.mu.Unlock()
	if w != nil {
		w.Wake()
	}
}

// spawn starts the task of f.
func spawn[T any](s core.Spawner, f core.Future[T]) joinhandle.JoinHandle[T] {
	return joinhandle.Start(s, task.New(f))
}

// spawnBody starts the task of body.
func spawnBody[T any](s core.Spawner, body func(co *coro.Co) (T, error)) joinhandle.JoinHandle[T] {
	return joinhandle.Start(s, coro.New(body))
}
