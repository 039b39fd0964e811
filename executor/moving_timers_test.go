package executor_test

import (
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/timer"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// A worker sleeps until the timer in its wheel, an hour from now. The task that has armed it is polled
// by another worker, which moves the timer to an earlier time: the sleeper wakes up for it.
func TestEarlierTimeFromAnotherWorkerWakesTheOwnerOfTheWheel(t *testing.T) {
	rt := tasksMove(t, executor.Options{})
	for i := range rt.Workers() {
		f := &resettable{}
		f.Reset(time.Hour)
		ready := &gate{}
		tr := &tracked{Future: future.Func(func(cx *core.Context) (int, bool) {
			if _, ok := ready.Poll(cx); !ok {
				return 0, false
			}
			return f.Poll(cx)
		})}
		h := executor.Spawn[int](rt, tr)
		k := tr.settles(t, rt)
		ready.mu.Lock()
		ready.open = true // quietly
		ready.mu.Unlock()
		owner, other := i, (i+1)%rt.Workers()
		pull(t, rt, owner, k) // arms the timer there
		settled(t, rt)
		f.early.mu.Lock()
		f.early.open = true
		f.early.mu.Unlock()
		pull(t, rt, other, k)
		if at, _ := tr.last(); at != other && !h.Finished() {
			t.Fatalf("worker %d was to poll it, and %d has", other, at)
		}
		joinOK(t, h)
	}
	if n := armedTimers(t, rt); n != 0 {
		t.Errorf("%d timers are left", n)
	}
}

// An alarm is a sleep that sees when its timer fires.
type alarm struct {
	t     testing.TB
	d     time.Duration
	at    time.Duration
	host  core.Host
	entry wheel.Entry
	task  core.Waker
	fired atomic.Bool
}

func (a *alarm) Poll(cx *core.Context) (int, bool) {
	if a.host == nil {
		a.host, a.task = cx.Host(), cx.Waker()
		a.at = cx.Now() + a.d
		a.entry.Waker = a
		a.host.Arm(&a.entry, a.at)
	}
	return 0, a.fired.Load()
}

// Wake is called by the wheel.
func (a *alarm) Wake() {
	if now := a.host.Now(); now < a.at {
		a.t.Errorf("a timer fired %v early", a.at-now)
	}
	a.fired.Store(true)
	a.task.Wake()
}

func (a *alarm) Drop() {
	if a.host != nil {
		a.host.Disarm(&a.entry)
	}
}

// Ten thousand sleeps of all kinds end by themselves or are aborted, from other goroutines and from tasks
// of all workers, on whatever worker they are by then. Every one ends once, none early, and no timer is
// left in any wheel.
//
// Regression: a timer that was dropped on another worker cancelled another timer.
func TestTimersThatAreDisarmedFromEverywhere(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	const sleeps, longest = 10_000, 30 * time.Millisecond
	rng := rand.New(rand.NewPCG(1, 2))
	fates := make([]fate, sleeps)
	handles := make([]joinhandle.JoinHandle[int], sleeps)
	start := func(s core.Spawner, i int, d time.Duration) joinhandle.JoinHandle[int] {
		kinds := []func(core.Spawner) joinhandle.JoinHandle[int]{
			func(s core.Spawner) joinhandle.JoinHandle[int] {
				return executor.Spawn[int](s, &followed{Future: &alarm{t: t, d: d}, fate: &fates[i]})
			},
			func(s core.Spawner) joinhandle.JoinHandle[int] {
				return await(s, "direct", &followed{Future: &alarm{t: t, d: d}, fate: &fates[i]})
			},
			func(s core.Spawner) joinhandle.JoinHandle[int] {
				f := future.Map(timer.Sleep(d), func(struct{}) int { return 0 })
				return executor.Spawn[int](s, &followed{Future: f, fate: &fates[i]})
			},
			func(s core.Spawner) joinhandle.JoinHandle[int] {
				return executor.Go(s, func(co *coro.Co) (int, error) {
					begin := time.Now()
					err := coro.Sleep(co, d)
					if slept := time.Since(begin); err == nil && slept < d {
						t.Errorf("a sleep of %v took %v", d, slept)
					}
					return 0, err
				})
			},
			func(s core.Spawner) joinhandle.JoinHandle[int] {
				return executor.Go(s, func(co *coro.Co) (int, error) {
					f := &followed{Future: &alarm{t: t, d: time.Hour}, fate: &fates[i]}
					err := coro.WithTimeout(co, d, func(co *coro.Co) error {
						_, err := coro.Await[int](co, f)
						return err
					})
					if errors.Is(err, core.ErrDeadlineExceeded) {
						err = nil
					}
					return 0, err
				})
			},
		}
		return kinds[i%len(kinds)](s)
	}
	durations := make([]time.Duration, sleeps)
	for i := range durations {
		durations[i] = time.Duration(rng.Int64N(int64(longest)))
	}
	// Half of them come from tasks, so that they begin on all workers.
	for i := range sleeps / 2 {
		handles[i] = start(rt, i, durations[i])
	}
	workers := rt.Workers()
	for _, h := range executor.GoEach(rt, func(co *coro.Co, worker int) (int, error) {
		for i := sleeps/2 + worker; i < sleeps; i += workers {
			handles[i] = start(co, i, durations[i])
		}
		return 0, nil
	}) {
		joinOK(t, h)
	}
	var wg sync.WaitGroup
	for seed := range uint64(2) {
		wg.Go(func() {
			for n, i := range rand.New(rand.NewPCG(3, seed)).Perm(sleeps) {
				if i%3 != 0 { // the rest ends by itself
					handles[i].Abort()
				}
				if n%256 == 0 {
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	aborters := executor.GoEach(rt, func(co *coro.Co, worker int) (int, error) {
		for n, i := range rand.New(rand.NewPCG(4, uint64(worker))).Perm(sleeps) {
			if i%3 == 1 {
				handles[i].Abort()
			}
			if n%64 == 0 {
				if err := co.Yield(); err != nil {
					return 0, err
				}
			}
		}
		return 0, nil
	})
	ends(t, "the aborts", wg.Wait)
	for _, h := range aborters {
		joinOK(t, h)
	}
	for i, h := range handles {
		receive(t, "a sleep", h.Done())
		_, err := h.Wait(within(t))
		if err != nil && (i%3 == 0 || !errors.Is(err, core.ErrCancelled)) {
			t.Fatalf("sleep %d ended with %v", i, err)
		}
		if polled, ends := fates[i].polled.Load(), fates[i].completed.Load()+fates[i].dropped.Load(); polled > 1 || ends > 1 || ends < polled {
			t.Fatalf("future %d was polled for the first time %d times and ended %d times", i, polled, ends)
		}
	}
	if n := armedTimers(t, rt); n != 0 {
		t.Errorf("%d timers are left", n)
	}
}
