package executor_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/core/timer"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// A keeper waits for ever, and does in its Drop all that a Host can do.
type keeper struct {
	host  core.Host
	other *gate
	entry wheel.Entry
	rand  uint64
	ended *sync.WaitGroup
}

func (k *keeper) Poll(cx *core.Context) (int, bool) {
	k.host = cx.Host()
	k.entry.Waker = cx.Waker()
	k.host.Arm(&k.entry, k.host.Now()+time.Hour)
	return 0, false
}

func (k *keeper) Drop() {
	k.host.Disarm(&k.entry)
	k.host.Arm(&k.entry, k.host.Now()+time.Hour)
	k.host.Disarm(&k.entry)
	k.rand = k.host.Rand()
	k.other.mu.Lock()
	w := k.other.waker
	k.other.mu.Unlock()
	k.host.Wake(w)
	k.host.WakeLater(w)
	executor.Go(k.host, func(co *coro.Co) (int, error) { // clean-up that awaits
		defer k.ended.Done()
		return 0, errors.Join(co.Yield(), coro.Sleep(co, time.Microsecond))
	})
}

// Any worker drops an aborted task where tasks move, and the future has kept the Host of the worker that
// polled it.
//
// Regression: such a drop spawned into the private queue of another worker.
func TestADropMaySpawnAndWakeThroughTheHostThatItKept(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	n := 2000
	if testing.Short() {
		n = 500
	}
	other := &gate{}
	executor.Spawn[int](rt, other)
	other.polled(t, 1)
	var ended sync.WaitGroup
	keepers := make([]*keeper, n)
	handles := make([]joinhandle.JoinHandle[int], n)
	for round := range 4 {
		ended.Add(n)
		for i := range keepers {
			keepers[i] = &keeper{other: other, ended: &ended}
			handles[i] = executor.Spawn[int](rt, keepers[i])
		}
		eventually(t, "all are polled", func() bool { return armedTimers(t, rt) == n })
		if round%2 == 0 { // from outside; else from a task, whose worker has them all in its queue
			for _, h := range handles {
				h.Abort()
			}
		} else {
			joinOK(t, executor.Go(rt, func(*coro.Co) (int, error) {
				for _, h := range handles {
					h.Abort()
				}
				return 0, nil
			}))
		}
		for _, h := range handles {
			joinCancelled(t, h)
		}
		ends(t, "the clean-ups", ended.Wait)
	}
	if armed := armedTimers(t, rt); armed != 0 {
		t.Errorf("%d timers are armed, want none", armed)
	}
	eventually(t, "only the gate is left", func() bool { return rt.Stats().Live == 1 })
	alive(t, rt)
}

func TestTheHostToKeepIsTheWorkerItselfWhereTasksStay(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	inTask(t, rt, func(cx *core.Context) {
		kept := cx.Host()
		if same := kept == cx.Worker(); same == modetest.Stealing() {
			t.Errorf("the same: %t", same)
		}
		if again := kept.(core.KeptHost).Kept(); again != kept {
			t.Error("what is kept of the kept one is another")
		}
		if core.Kept(cx) != kept || core.Kept(cx.Worker()) != kept {
			t.Error("Kept differs from Host")
		}
		for _, of := range []core.Host{kept, cx.Worker()} {
			for _, to := range []core.Host{kept, cx.Worker()} {
				if shares := of.(core.MovingHost).Shares(to); shares != modetest.Stealing() {
					t.Errorf("%T shares with %T: %t", of, to, shares)
				}
			}
		}
		if kept.IO() != cx.Worker().IO() || kept.Epoch() != cx.Worker().Epoch() {
			t.Error("the kept one has another reactor or epoch")
		}
	})
}

// A JoinSet is made in one poll and used in others, on other workers where tasks move.
func TestAJoinSetOfAContextMovesWithItsTask(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	var handles []joinhandle.JoinHandle[int]
	for range 100 {
		var set *joinhandle.JoinSet[int]
		spawned, joined := 0, 0
		handles = append(handles, executor.Spawn(rt, future.Func(func(cx *core.Context) (int, bool) {
			if set == nil {
				set = joinhandle.NewJoinSet[int](executor.Named(cx, "child"))
			}
			if spawned < 50 {
				spawned++
				set.Spawn(future.Map(future.Yield(), func(struct{}) int { return 1 }))
				cx.Yield()
				return 0, false
			}
			for {
				_, ready, err := set.PollJoin(cx)
				if !ready {
					return 0, false
				}
				if err != nil {
					return joined, true
				}
				joined++
			}
		})))
	}
	for _, h := range handles {
		if n := joinOK(t, h); n != 50 {
			t.Fatalf("%d children were joined, want 50", n)
		}
	}
}

// A timer that is armed is in the wheel of its worker. A task of another worker may poll it only where it can
// take it out there.
//
// Regression: what a task kept of its worker was used on another one.
func TestATimerThatIsHandedToAnotherWorkerPanicsWhereTasksStay(t *testing.T) {
	rt := startRuntime(t, executor.Options{Workers: 2})
	interval := timer.NewInterval(time.Hour, timer.IntervalOptions{})
	for name, f := range map[string]interface {
		core.Dropper
		Poll(cx *core.Context) (struct{}, bool)
	}{
		"timer":    timer.Sleep(time.Hour),
		"interval": untimed{interval},
	} {
		on := func(worker int, drop bool) error {
			_, err := join(t, executor.Spawn(rt.On(worker), future.Func(func(cx *core.Context) (int, bool) {
				if f.Poll(cx); drop {
					f.Drop()
				}
				return 0, true
			})))
			return err
		}
		if err := on(0, false); err != nil {
			t.Fatal(name, err)
		}
		err := on(1, modetest.Stealing())
		var pe *task.PanicError
		switch {
		case modetest.Stealing():
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		case !errors.As(err, &pe) || !strings.Contains(err.Error(), "passed to another worker"):
			t.Errorf("%s: the join says %v, want a panic that names the mistake", name, err)
		default:
			if err := on(0, true); err != nil { // there it goes on
				t.Error(name, err)
			}
		}
	}
	if n := armedTimers(t, rt); n != 0 {
		t.Errorf("%d timers are left", n)
	}
}

type untimed struct{ *timer.Interval }

func (u untimed) Poll(cx *core.Context) (struct{}, bool) {
	_, ok := u.Interval.Poll(cx)
	return struct{}{}, ok
}

// Where tasks stay, a Host is for its own worker.
func TestAKeptHostThatIsUsedFromOutsideItsWorkerPanics(t *testing.T) {
	if modetest.Stealing() {
		t.Skip("there it may be used on any worker")
	}
	rt := startRuntime(t, executor.Options{})
	var host atomic.Pointer[core.Host]
	inTask(t, rt, func(cx *core.Context) { h := cx.Host(); host.Store(&h) })
	settled(t, rt)
	e := &wheel.Entry{Waker: core.WakerFunc(func() {})}
	for what, f := range map[string]func(){
		"Arm":    func() { (*host.Load()).Arm(e, time.Hour) },
		"Disarm": func() { (*host.Load()).Disarm(e) },
	} {
		if s, _ := panicOf(f).(string); !strings.Contains(s, "outside its worker") {
			t.Errorf("%s panicked with %q", what, s)
		}
	}
}
