package lock_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/internal/racetest"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
	"github.com/moduvex/moduvex-go/core/lock"
	"github.com/moduvex/moduvex-go/core/task"
)

func TestACellIsFilledOnce(t *testing.T) {
	var c lock.OnceCell[int]
	if v, ok := c.Get(); v != 0 || ok {
		t.Errorf("have %d, %t", v, ok)
	}
	if !c.Set(1) || c.Set(2) {
		t.Error("set never, or twice")
	}
	if v, ok := c.Get(); v != 1 || !ok {
		t.Errorf("have %d, %t", v, ok)
	}
	h := waittest.Host(t)
	s := coro.New(func(co *coro.Co) (int, error) {
		return c.GetOrInit(co, func(*coro.Co) (int, error) { t.Error("init was called"); return 3, nil })
	})
	h.Spawn(&s.Task)
	h.Run()
	if v, err, _ := s.Take(); v != 1 || err != nil {
		t.Errorf("have %d, %v", v, err)
	}
}

// get is a body that gets the value or makes it with init.
func get(h core.Spawner, c *lock.OnceCell[int], init func(*coro.Co) (int, error)) *task.Slot[int] {
	s := coro.New(func(co *coro.Co) (int, error) { return c.GetOrInit(co, init) })
	h.Spawn(&s.Task)
	return s
}

func outputOf(t *testing.T, s *task.Slot[int]) int {
	t.Helper()
	v, err, done := s.Take()
	if err != nil || !done {
		t.Errorf("have %v, %t", err, done)
	}
	return v
}

func TestCallersMeanwhileWaitForTheValue(t *testing.T) {
	var c lock.OnceCell[int]
	h := waittest.Host(t)
	calls := 0
	init := func(co *coro.Co) (int, error) {
		calls++
		return 7, co.Yield()
	}
	var slots []*task.Slot[int]
	for range 40 {
		slots = append(slots, get(h, &c, init))
	}
	h.Step()
	if c.Set(8) {
		t.Error("set while the value was being made")
	}
	if _, ok := c.Get(); ok {
		t.Error("there before it was made")
	}
	h.Run()
	for _, s := range slots {
		if v := outputOf(t, s); v != 7 {
			t.Errorf("have %d", v)
		}
	}
	if calls != 1 {
		t.Errorf("init was called %d times", calls)
	}
}

// The next in line makes the value when the first fails, panics, leaves, or is aborted.
func TestAFailedInitLeavesTheCellToTheNext(t *testing.T) {
	boom := errors.New("boom")
	for name, fail := range map[string]func(co *coro.Co) (int, error){
		"error":  func(co *coro.Co) (int, error) { co.Yield(); return 5, boom },
		"panic":  func(co *coro.Co) (int, error) { co.Yield(); panic("boom") },
		"goexit": func(co *coro.Co) (int, error) { co.Yield(); runtime.Goexit(); return 5, nil },
		"abort":  func(co *coro.Co) (int, error) { return 5, co.Suspend() },
	} {
		var c lock.OnceCell[int]
		h := waittest.Host(t)
		first := get(h, &c, fail)
		next := get(h, &c, func(co *coro.Co) (int, error) { return 7, nil })
		third := get(h, &c, func(co *coro.Co) (int, error) { return 9, nil })
		for range 3 {
			h.Step()
		}
		if name == "abort" {
			first.Abort()
		}
		h.Run()
		if v, err, done := first.Take(); v != 0 || err == nil || !done {
			t.Errorf("%s: have %d, %v, %t", name, v, err, done)
		}
		if a, b := outputOf(t, next), outputOf(t, third); a != 7 || b != 7 {
			t.Errorf("%s: have %d and %d", name, a, b)
		}
	}
}

func TestAWaiterOfACellCanBeAborted(t *testing.T) {
	var c lock.OnceCell[int]
	h := waittest.Host(t)
	open := false
	first := get(h, &c, func(co *coro.Co) (int, error) {
		for !open {
			if err := co.Suspend(); err != nil {
				return 0, err
			}
		}
		return 7, nil
	})
	doomed := get(h, &c, late)
	h.Run()
	doomed.Abort()
	h.Run()
	if _, err, _ := doomed.Take(); !errors.Is(err, core.ErrCancelled) {
		t.Errorf("have %v", err)
	}
	if _, err := c.GetOrInitWait(waittest.Cancelled(), lateWait); err != context.Canceled {
		t.Errorf("have %v, want context.Canceled", err)
	}
	open = true
	first.Wake()
	h.Run()
	if v := outputOf(t, first); v != 7 {
		t.Errorf("have %d", v)
	}
	if v, err := c.GetOrInitWait(waittest.Cancelled(), lateWait); v != 7 || err != nil {
		t.Errorf("have %d, %v: the value is there", v, err)
	}
}

// late and lateWait are for users that must not make the value.
func late(*coro.Co) (int, error)            { panic("it must not make the value") }
func lateWait(context.Context) (int, error) { panic("it must not make the value") }

func TestAnInitFutureMakesTheValueInPollStyle(t *testing.T) {
	var c lock.OnceCell[int]
	gate := &gate{}
	making := func(v int) func() core.Future[int] {
		return func() core.Future[int] { return gate.future(v) }
	}
	f, g, k := c.InitFuture(making(7)), c.InitFuture(making(8)), c.InitFuture(making(9))
	a, b, d := waittest.NewWaiter[int](t, &f), waittest.NewWaiter[int](t, &g), waittest.NewWaiter[int](t, &k)
	a.Pends(t)
	b.Pends(t)
	d.Pends(t)
	a.Drop() // b makes the value now
	if gate.drops != 1 || b.Wakes != 1 {
		t.Errorf("%d drops, %d wakes", gate.drops, b.Wakes)
	}
	b.Pends(t)
	d.Drop()
	d.Pends(t)
	gate.open = true
	if v := b.Completes(t, 1); v != 8 {
		t.Errorf("have %d", v)
	}
	if v := d.Completes(t, 1); v != 8 {
		t.Errorf("have %d", v)
	}
	a.Completes(t, 0)
}

// A gate makes futures that are ready once it is open.
type gate struct {
	open  bool
	drops int
}

func (g *gate) future(v int) core.Future[int] { return &gated{g, v} }

type gated struct {
	g *gate
	v int
}

func (f *gated) Poll(*core.Context) (int, bool) { return f.v, f.g.open }
func (f *gated) Drop()                          { f.g.drops++ }

func TestAPanicOfAnInitFutureLeavesTheCellToTheNext(t *testing.T) {
	for name, init := range map[string]func() core.Future[int]{
		"init":  func() core.Future[int] { panic("boom") },
		"poll":  func() core.Future[int] { return future.Func(func(*core.Context) (int, bool) { panic("boom") }) },
		"abort": func() core.Future[int] { return future.Pending[int]() },
	} {
		var c lock.OnceCell[int]
		h := waittest.Host(t)
		f, g := c.InitFuture(init), c.InitFuture(func() core.Future[int] { return future.Ready(7) })
		bad, good := task.New[int](&f), task.New[int](&g)
		h.Spawn(&bad.Task)
		h.Spawn(&good.Task)
		h.Run()
		bad.Abort()
		h.Run()
		if _, err, done := bad.Take(); err == nil || !done {
			t.Errorf("%s: have %v, %t", name, err, done)
		}
		if v := outputOf(t, good); v != 7 {
			t.Errorf("%s: have %d", name, v)
		}
	}
}

func TestACauseThatIsErrClosedIsNoValue(t *testing.T) {
	var c lock.OnceCell[int]
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(lock.ErrClosed)
	if v, err := c.GetOrInitWait(ctx, func(context.Context) (int, error) { return 1, nil }); err != lock.ErrClosed {
		t.Errorf("have %d, %v", v, err)
	}
}

func TestMisuseOfACellPanics(t *testing.T) {
	var c lock.OnceCell[int]
	waittest.MustPanic(t, "lock: GetOrInit with a nil function", func() { c.GetOrInit(nil, nil) })
	waittest.MustPanic(t, "lock: GetOrInitWait with a nil function", func() { c.GetOrInitWait(context.Background(), nil) })
	waittest.MustPanic(t, "lock: InitFuture with a nil function", func() { c.InitFuture(nil) })
	waittest.MustPanic(t, "lock: Poll of an InitFuture that no OnceCell has made", func() {
		waittest.NewWaiter[int](t, new(lock.InitFuture[int])).Poll()
	})
	f := c.InitFuture(func() core.Future[int] { return nil })
	w := waittest.NewWaiter[int](t, &f)
	waittest.MustPanic(t, "lock: the function of an InitFuture returned a nil Future", func() { w.Poll() })
	w.Drop()
	if !c.Set(1) {
		t.Error("no other user may make the value")
	}
}

func TestStressOfACell(t *testing.T) {
	rounds := 200
	if racetest.Enabled {
		rounds = 50
	}
	for range rounds {
		var c lock.OnceCell[int]
		var calls, made atomic.Int64
		workers := coretest.NewWorkers(3)
		defer workers.Close()
		init := func(yield func() error) (int, error) {
			n := calls.Add(1)
			if err := yield(); err != nil {
				return 0, err
			}
			if n%3 != 0 {
				return 0, errors.New("not yet")
			}
			made.Add(1)
			return 7, nil
		}
		for i := range 6 {
			s := get(workers, &c, func(co *coro.Co) (int, error) { return init(co.Yield) })
			if i%2 == 0 {
				s.Abort()
			}
		}
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				for {
					v, err := c.GetOrInitWait(context.Background(), func(context.Context) (int, error) {
						return init(func() error { return nil })
					})
					if err == nil {
						if v != 7 {
							t.Errorf("have %d", v)
						}
						return
					}
				}
			})
		}
		wg.Wait()
		workers.Wait()
		if made.Load() != 1 {
			t.Errorf("made %d times", made.Load())
		}
	}
}
