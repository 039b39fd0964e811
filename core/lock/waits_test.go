package lock_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/broadcast"
	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/channel/oneshot"
	"github.com/moduvex/moduvex-go/core/channel/watch"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
	"github.com/moduvex/moduvex-go/core/lock"
	"github.com/moduvex/moduvex-go/core/timer"
)

func erase[T any](f core.Future[T]) core.Future[any] {
	return then(f, func(T) {})
}

// TestWaitingIsSeenAndCostsNoBudget: a poll that is pending says what for, and has spent nothing, the first
// time and when it is polled again.
func TestWaitingIsSeenAndCostsNoBudget(t *testing.T) {
	var m lock.Mutex
	m.TryLock()
	f := m.LockFuture()
	var rw lock.RWMutex
	rw.TryLock()
	rlock, wlock := rw.RLockFuture(), rw.LockFuture()
	acquire := lock.NewSemaphore(0).AcquireFuture(1)
	notified := new(lock.Notify).NotifiedFuture()
	arrive := lock.NewBarrier(2).ArriveFuture()
	var cell lock.OnceCell[int]
	first := cell.InitFuture(func() core.Future[int] { return future.Pending[int]() })
	waittest.NewWaiter[int](t, &first).Poll()
	second := cell.InitFuture(func() core.Future[int] { return future.Pending[int]() })

	tx, rx := mpsc.New[int](1)
	txFull, rxFull := mpsc.New[int](1)
	txFull.TrySend(0)
	send, reserve, closed := txFull.SendFuture(1), txFull.ReserveFuture(), txFull.UntilClosedFuture()
	tx2, rx2 := mpsc.Unbounded[int]()
	many, closed2 := rx2.RecvManyFuture(make([]int, 1)), tx2.UntilClosedFuture()
	one, recvOne := oneshot.New[int]()
	value, seen := watch.New(0)
	seen.TryNext()
	unwatched := value.UntilClosedFuture()
	cast, heard := broadcast.New[int](1)
	unheard := cast.UntilClosedFuture()

	for name, c := range map[string]struct {
		f    core.Future[any]
		want core.Wait
	}{
		"Mutex":                       {erase[lock.Guard](&f), core.WaitLock},
		"RWMutex for reading":         {erase[lock.ReadGuard](&rlock), core.WaitLock},
		"RWMutex for writing":         {erase[lock.WriteGuard](&wlock), core.WaitLock},
		"Semaphore":                   {erase[error](&acquire), core.WaitLock},
		"Notify":                      {erase[struct{}](&notified), core.WaitLock},
		"Barrier":                     {erase[bool](&arrive), core.WaitLock},
		"OnceCell":                    {erase[int](&second), core.WaitLock},
		"mpsc.Send":                   {erase[error](&send), core.WaitChannel},
		"mpsc.Reserve":                {erase[core.Result[mpsc.Permit[int]]](&reserve), core.WaitChannel},
		"mpsc.Recv":                   {erase[core.Result[int]](rx), core.WaitChannel},
		"mpsc.RecvMany":               {erase[core.Result[int]](&many), core.WaitChannel},
		"mpsc.UntilClosed":            {erase[struct{}](&closed), core.WaitChannel},
		"mpsc.UntilClosed, unbounded": {erase[struct{}](&closed2), core.WaitChannel},
		"oneshot.Recv":                {erase[core.Result[int]](recvOne), core.WaitChannel},
		"oneshot.UntilClosed":         {erase[struct{}](one.UntilClosedFuture()), core.WaitChannel},
		"watch.Next":                  {erase[core.Result[int]](seen.NextFuture()), core.WaitChannel},
		"watch.UntilClosed":           {erase[struct{}](&unwatched), core.WaitChannel},
		"broadcast.Recv":              {erase[core.Result[int]](heard.RecvFuture()), core.WaitChannel},
		"broadcast.UntilClosed":       {erase[struct{}](&unheard), core.WaitChannel},
		"timer.Sleep":                 {erase[struct{}](timer.Sleep(1 << 40)), core.WaitTime},
		"timer.Timeout":               {erase(timer.Timeout(1<<40, future.Pending[int]())), core.WaitTime},
	} {
		w := waittest.NewWaiter(t, c.f)
		for _, which := range []string{"first", "second"} {
			w.Pends(t)
			if have := w.Context.ForHost().Waiting(); have != c.want {
				t.Errorf("%s, the %s poll: waits for %q, want %q", name, which, have, c.want)
			}
			if have := w.Context.Budget(); have != core.DefaultBudget {
				t.Errorf("%s, the %s poll: a budget of %d is left", name, which, have)
			}
		}
		w.Drop()
	}
	_, _ = tx, rxFull
}

// TestABodyThatTriesFirstSpendsItsBudgetOnce: what it has left suffices for the try, and the wait that follows costs
// nothing, so the body is suspended until it is served, and not polled again at once.
func TestABodyThatTriesFirstSpendsItsBudgetOnce(t *testing.T) {
	for name, make := range lines(t) {
		t.Run(name, func(t *testing.T) {
			l := make()
			l.hold()
			h := waittest.Host(t)
			waittest.Body(h, func(co *coro.Co) error {
				for cx := co.Context(); cx.Budget() > 1; {
					cx.Spend()
				}
				return l.body(co)
			})
			h.Step()
			if h.Queued() != 0 {
				t.Error("it is polled again, though nothing has changed")
			}
			l.release()
			h.Run()
		})
	}
}

// TestAFullCellReturnsItsValueToACancelledBody: the call does not have to wait.
func TestAFullCellReturnsItsValueToACancelledBody(t *testing.T) {
	var c lock.OnceCell[int]
	c.Set(7)
	h := waittest.Host(t)
	s := waittest.Body(h, func(co *coro.Co) error {
		return coro.WithCancel(co, func(co *coro.Co, cancel func(error)) error {
			cancel(nil)
			v, err := c.GetOrInit(co, func(*coro.Co) (int, error) { panic("made again") })
			if v != 7 {
				t.Errorf("have %d", v)
			}
			return err
		})
	})
	h.Run()
	if err := waittest.Ended(t, s); err != nil {
		t.Errorf("have %v", err)
	}
}
