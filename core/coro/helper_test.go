package coro_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

func newHost(t testing.TB) *coretest.Host {
	h := coretest.New(1)
	t.Cleanup(h.Close)
	return h
}

func spawn[T any](t testing.TB, s core.Spawner, body func(co *coro.Co) (T, error)) *task.Slot[T] {
	t.Helper()
	slot := coro.New(body)
	if err := s.Spawn(&slot.Task); err != nil {
		t.Fatal(err)
	}
	return slot
}

// run runs body alone on a new host and returns its output.
func run[T any](t testing.TB, body func(co *coro.Co) (T, error)) (T, error) {
	t.Helper()
	h := newHost(t)
	s := spawn(t, h, body)
	h.Run()
	return take(t, s)
}

// do is run for bodies whose output does not matter.
func do(t testing.TB, body func(co *coro.Co)) {
	t.Helper()
	if _, err := run(t, func(co *coro.Co) (int, error) { body(co); return 0, nil }); err != nil {
		t.Error(err)
	}
}

func take[T any](t testing.TB, s *task.Slot[T]) (T, error) {
	t.Helper()
	v, err, ok := s.Take()
	if !ok {
		t.Fatalf("the task has not ended: it is %v", s.State())
	}
	return v, err
}

// settle steps until nothing is scheduled, without moving the clock.
func settle(h *coretest.Host) {
	for h.Step() {
	}
}

// settleUntilEnd is settle until t has ended: the goroutine of a context closes Done before it wakes the task.
func settleUntilEnd(tb testing.TB, h *coretest.Host, t *task.Task) {
	tb.Helper()
	for deadline := time.Now().Add(testTimeout); ; time.Sleep(50 * time.Microsecond) {
		if settle(h); t.Finished() {
			return
		}
		if time.Now().After(deadline) {
			tb.Fatal("the task has not ended")
		}
	}
}

// A gate is a future that is pending until it is opened, from any goroutine.
type gate struct {
	mu           sync.Mutex
	value        int
	opened       bool
	waker        core.Waker
	polls, drops int
}

func (g *gate) Poll(cx *core.Context) (int, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.polls++
	if !g.opened {
		g.waker = cx.Waker()
	}
	return g.value, g.opened
}

func (g *gate) Drop() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.drops++
}

func (g *gate) open(value int) {
	g.mu.Lock()
	g.value, g.opened = value, true
	w := g.waker
	g.mu.Unlock()
	if w != nil {
		w.Wake()
	}
}

// await awaits g and discards its value.
func await(co *coro.Co, g *gate) error {
	_, err := coro.Await(co, g)
	return err
}

// forever waits for an event that never comes.
func forever(co *coro.Co) error { return await(co, new(gate)) }

// panicOf runs f in a new goroutine and returns the value of its panic. A use of a Co on a foreign goroutine may
// only panic.
func panicOf(f func()) any {
	c := make(chan any)
	go func() {
		defer func() { c <- recover() }()
		f()
	}()
	return <-c
}

// A worker is a host with a pool of the test's choosing, a queue without a lock, and tasks that
// can be taken from it and polled on another.
type worker struct {
	*coretest.Host // for the timers
	cx             *core.Context
	pool           *coro.Pool
	home           task.Home
	queue          task.Queue
	ids            uint64
	clock          func() time.Duration // nil is the virtual one
	epoch          time.Time            // beside clock
}

func (w *worker) Now() time.Duration {
	if w.clock != nil {
		return w.clock()
	}
	return w.Host.Now()
}

func (w *worker) Epoch() time.Time {
	if w.clock != nil {
		return w.epoch
	}
	return w.Host.Epoch()
}

func newWorker(t testing.TB, pool *coro.Pool) *worker {
	w := &worker{Host: coretest.New(1), pool: pool}
	w.home.Scheduler = w
	w.cx = core.NewContext(w)
	t.Cleanup(w.Close)
	return w
}

func (w *worker) Coroutines() *coro.Pool { return w.pool }
func (w *worker) Schedule(t *task.Task)  { w.queue.Push(t) }

func (w *worker) Spawn(r core.Task) error {
	t := r.(*task.Task)
	w.ids++
	t.ForHost().Bind(&w.home, w.ids)
	w.queue.Push(t)
	return nil
}

func (w *worker) Close() {
	w.pool.Close()
	w.Host.Close()
}

// step polls the first task, if there is one.
func (w *worker) step() bool {
	t := w.queue.Pop()
	if t == nil {
		return false
	}
	if t.ForHost().Run(w.cx) == core.Again {
		w.queue.Push(t)
	}
	return true
}

func (w *worker) run() {
	for w.step() {
	}
}

// endedBy returns a function that reports whether a task has ended with a panic of v.
func endedBy(v any) func(err error) bool {
	return func(err error) bool {
		var p *task.PanicError
		return errors.As(err, &p) && p.Value == v
	}
}
