package lock_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
	"github.com/moduvex/moduvex-go/core/lock"
)

// A line is a primitive that serves waiters first come, first served.
type line struct {
	hold    func()                  // makes later waiters wait until release
	release func()                  // serves the next waiter
	wait    func() core.Future[any] // waits in line
	body    func(co *coro.Co) error // waits in line, in direct style
	try     func() (overtaken bool) // does not wait; reports whether it has overtaken a waiter
}

// lines are all types that serve first come, first served.
func lines(tb testing.TB) map[string]func() line {
	return map[string]func() line{
		"ordered Mutex": func() line {
			m := newOrdered()
			var g lock.Guard
			return line{
				hold:    func() { g, _ = m.TryLock() },
				release: func() { g.Unlock() },
				wait: func() core.Future[any] {
					f := m.LockFuture()
					return then(&f, func(got lock.Guard) { g = got })
				},
				body: func(co *coro.Co) (err error) { g, err = m.Lock(co); return err },
				try:  func() bool { _, ok := m.TryLock(); return ok },
			}
		},
		"RWMutex for writing": func() line {
			m := &lock.RWMutex{}
			var g lock.WriteGuard
			return line{
				hold:    func() { g, _ = m.TryLock() },
				release: func() { g.Unlock() },
				wait: func() core.Future[any] {
					f := m.LockFuture()
					return then(&f, func(got lock.WriteGuard) { g = got })
				},
				body: func(co *coro.Co) (err error) { g, err = m.Lock(co); return err },
				try:  func() bool { _, ok := m.TryRLock(); return ok },
			}
		},
		"Semaphore": func() line {
			s := lock.NewSemaphore(2)
			return line{
				hold:    func() { s.TryAcquire(2) },
				release: func() { s.Release(2) },
				wait: func() core.Future[any] {
					f := s.AcquireFuture(2)
					return then(&f, func(error) {})
				},
				body: func(co *coro.Co) error { return s.Acquire(co, 2) },
				try:  func() bool { return s.TryAcquire(1) },
			}
		},
		"OnceCell": func() line {
			c := &lock.OnceCell[int]{}
			pending := func() core.Future[int] { return future.Pending[int]() }
			var making *waittest.Waiter[int]
			initFuture := func() *lock.InitFuture[int] {
				f := c.InitFuture(pending)
				return &f
			}
			return line{
				hold: func() {
					making = waittest.NewWaiter[int](tb, initFuture())
					making.Poll()
				},
				release: func() { making.Drop() },
				// A waiter is served when it makes the value: when its function is called.
				wait: func() core.Future[any] { return &turnOf{c: c} },
				body: func(co *coro.Co) error {
					_, err := c.GetOrInit(co, func(co *coro.Co) (int, error) { return 0, nil })
					return err
				},
				try: func() bool { return c.Set(1) },
			}
		},
		"Notify": func() line {
			n := &lock.Notify{}
			return line{
				hold:    func() {},
				release: n.NotifyOne,
				wait: func() core.Future[any] {
					f := n.NotifiedFuture()
					return then(&f, func(struct{}) {})
				},
				body: n.Notified,
			}
		},
		"mpsc Send": func() line {
			tx, rx := mpsc.New[int](1)
			return line{
				hold:    func() { tx.TrySend(0) },
				release: func() { rx.TryRecv() },
				wait: func() core.Future[any] {
					f := tx.SendFuture(1)
					return then(&f, func(error) {})
				},
				body: func(co *coro.Co) error { return tx.Send(co, 1) },
				try:  func() bool { return tx.TrySend(2) == nil },
			}
		},
		"mpsc Reserve": func() line {
			tx, _ := mpsc.New[int](1)
			var p mpsc.Permit[int]
			return line{
				hold:    func() { p, _ = tx.TryReserve() },
				release: func() { p.Release() },
				wait: func() core.Future[any] {
					f := tx.ReserveFuture()
					return then(&f, func(r core.Result[mpsc.Permit[int]]) { p = r.Value })
				},
				body: func(co *coro.Co) (err error) { p, err = tx.Reserve(co); return err },
				try:  func() bool { _, err := tx.TryReserve(); return err == nil },
			}
		},
	}
}

// A turnOf is ready once it makes the value of a cell.
type turnOf struct {
	c    *lock.OnceCell[int]
	init *lock.InitFuture[int]
}

func (o *turnOf) Poll(cx *core.Context) (any, bool) {
	if o.init == nil {
		f := o.c.InitFuture(func() core.Future[int] { return future.Ready(0) })
		o.init = &f
	}
	v, ok := o.init.Poll(cx)
	return v, ok
}

func (o *turnOf) Drop() {
	if o.init != nil {
		o.init.Drop()
	}
}

// then calls fn with the value of f.
func then[T any](f core.Future[T], fn func(T)) core.Future[any] {
	return future.Map(f, func(v T) any {
		fn(v)
		return nil
	})
}

// pollSpent polls w when its task has spent its budget.
func pollSpent(t *testing.T, w *waittest.Waiter[any]) {
	t.Helper()
	w.Context.ForHost().Begin(w)
	for w.Context.Budget() > 0 {
		w.Context.Spend()
	}
	if _, ok := w.Future.Poll(w.Context); ok {
		t.Fatal("ready without a budget")
	}
	if have := w.Context.Budget(); have != 0 {
		t.Errorf("there is a budget of %d now", have)
	}
	if !w.Context.ForHost().Yielded() {
		t.Fatal("pending without a budget, and not to be polled again")
	}
}

// TestATaskWithoutBudgetIsInLine: it comes first, so it is served first, though it has to yield.
func TestATaskWithoutBudgetIsInLine(t *testing.T) {
	for name, make := range lines(t) {
		t.Run(name, func(t *testing.T) {
			l := make()
			l.hold()
			first, second := waittest.NewWaiter(t, l.wait()), waittest.NewWaiter(t, l.wait())
			pollSpent(t, first)
			pollSpent(t, first) // twice is once
			second.Pends(t)
			l.release()
			second.Pends(t)
			first.Completes(t, 1)
			second.Drop()
		})
	}
}

// TestATaskWithoutBudgetAcquiresWhatIsFree: the task holds it from then on, and its next poll with a budget returns
// that. No other waiter gets it in between.
func TestATaskWithoutBudgetAcquiresWhatIsFree(t *testing.T) {
	for name, make := range lines(t) {
		t.Run(name, func(t *testing.T) {
			l := make()
			if l.try == nil {
				l.release() // a notification is kept
			}
			first, second := waittest.NewWaiter(t, l.wait()), waittest.NewWaiter(t, l.wait())
			pollSpent(t, first)
			second.Pends(t)
			if l.try != nil && l.try() {
				t.Error("a try has overtaken it")
			}
			pollSpent(t, first)
			first.Completes(t, 0)
			second.Drop()
		})
	}
}

// TestADroppedTaskWithoutBudgetPassesItsGrantOn: also a grant that the task has not seen yet.
func TestADroppedTaskWithoutBudgetPassesItsGrantOn(t *testing.T) {
	for name, make := range lines(t) {
		for _, held := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				l := make()
				switch {
				case held:
					l.hold()
				case l.try == nil:
					l.release()
				}
				first, second := waittest.NewWaiter(t, l.wait()), waittest.NewWaiter(t, l.wait())
				pollSpent(t, first)
				second.Pends(t)
				if held {
					l.release()
				}
				first.Drop()
				second.Completes(t, 1)
			})
		}
	}
}

// TestABodyWithoutBudgetIsInLine is the same in direct style.
func TestABodyWithoutBudgetIsInLine(t *testing.T) {
	for name, make := range lines(t) {
		t.Run(name, func(t *testing.T) {
			l := make()
			l.hold()
			h := waittest.Host(t)
			order := ""
			start := func(name string, spent int) {
				waittest.Body(h, func(co *coro.Co) error {
					for range spent {
						co.Context().Spend()
					}
					err := l.body(co)
					order += name
					return err
				})
			}
			start("first", core.DefaultBudget)
			start(" second", 0)
			h.Run()
			for range 2 {
				l.release()
				h.Run()
			}
			if order != "first second" {
				t.Errorf("have %q", order)
			}
		})
	}
}

// TestATaskWithoutBudgetArrives: a Barrier counts it, and the last one to come is the leader.
func TestATaskWithoutBudgetArrives(t *testing.T) {
	b := lock.NewBarrier(2)
	first, second := b.ArriveFuture(), b.ArriveFuture()
	w, v := waittest.NewWaiter[bool](t, &first), waittest.NewWaiter[bool](t, &second)
	spend := func(w *waittest.Waiter[bool]) {
		w.Context.ForHost().Begin(w)
		for w.Context.Budget() > 0 {
			w.Context.Spend()
		}
		if _, ok := w.Future.Poll(w.Context); ok {
			t.Fatal("ready without a budget")
		}
		if have := w.Context.Budget(); have != 0 {
			t.Errorf("there is a budget of %d now", have)
		}
	}
	spend(w)
	spend(v)
	if !v.Completes(t, 0) {
		t.Error("the last to arrive is not the leader")
	}
	spend(w)
	if w.Completes(t, 1) {
		t.Error("the first to arrive is the leader")
	}
}
