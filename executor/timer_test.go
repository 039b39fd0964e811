package executor_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// sleep makes a task that sleeps for d, in either style, and returns how long it slept.
func sleep(rt *executor.Runtime, style string, d time.Duration) joinhandle.JoinHandle[time.Duration] {
	return executor.Go(rt, func(co *coro.Co) (time.Duration, error) {
		begin := time.Now()
		var err error
		if style == "poll" {
			_, err = coro.Await[int](co, &sleeper{d: d})
		} else {
			err = coro.Sleep(co, d)
		}
		return time.Since(begin), err
	})
}

// Regression: durations were cut to whole milliseconds, so sleeps ended early, and those below one
// spun.
func TestSleepIsNeverEarly(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	for _, style := range []string{"poll", "direct"} {
		for _, d := range []time.Duration{
			-time.Second, 0, 1, time.Microsecond, 300 * time.Microsecond, 999_999,
			time.Millisecond, 1_000_001, 2500 * time.Microsecond, 70 * time.Millisecond,
		} {
			if slept := joinOK(t, sleep(rt, style, d)); slept < d {
				t.Errorf("%s: a sleep of %v took %v", style, d, slept)
			}
		}
	}
}

// Regression: a wait for less than a millisecond was cut to none, and the worker spun until then.
func TestWorkerParksOnceForASleep(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	for _, d := range []time.Duration{300 * time.Microsecond, 1500 * time.Microsecond, 20 * time.Millisecond} {
		settled(t, rt)
		const sleeps = 20
		before := rt.Stats().Parks
		joinOK(t, executor.Go(rt, func(co *coro.Co) (int, error) {
			for range sleeps {
				if err := coro.Sleep(co, d); err != nil {
					return 0, err
				}
			}
			return 0, nil
		}))
		settled(t, rt)
		if n := rt.Stats().Parks - before; n > 2*sleeps {
			t.Errorf("%d sleeps of %v took %d parks", sleeps, d, n)
		}
	}
}

// Regression: a timer that was cascaded late fired seconds after its deadline.
func TestManySleepsAtOnce(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	rng := rand.New(rand.NewPCG(23, 1))
	var handles []joinhandle.JoinHandle[time.Duration]
	var durations []time.Duration
	for i := range 2000 {
		d := time.Duration(rng.Int64N(int64(150 * time.Millisecond)))
		durations = append(durations, d)
		handles = append(handles, sleep(rt, []string{"poll", "direct"}[i%2], d))
	}
	for i, h := range handles {
		if slept := joinOK(t, h); slept < durations[i] {
			t.Errorf("a sleep of %v took %v", durations[i], slept)
		}
	}
}

func TestTimersThatAreGivenUpLeaveTheWheel(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	const far = math.MaxInt64 // the end of time
	armed := func() int { return armedTimers(t, rt) }
	for _, d := range []time.Duration{50 * time.Millisecond, time.Hour, 1000 * 24 * time.Hour, far} {
		var handles []joinhandle.JoinHandle[time.Duration]
		for i := range 20 {
			handles = append(handles, sleep(rt, []string{"poll", "direct"}[i%2], d))
		}
		handles = append(handles, executor.Go(rt, func(co *coro.Co) (time.Duration, error) {
			return 0, coro.WithTimeout(co, d, func(co *coro.Co) error { return coro.Sleep(co, far) })
		}))
		if d > time.Second {
			eventually(t, "the timers are armed", func() bool { return armed() == 22 })
		}
		for _, h := range handles {
			h.Abort()
			receive(t, "a join", h.Done())
		}
		if n := armed(); n != 0 {
			t.Errorf("%v: %d timers are left", d, n)
		}
	}
	settled(t, rt) // with no deadline left
}

func TestTimeoutScopeEndsAnAwait(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	g := &gate{}
	h := executor.Go(rt, func(co *coro.Co) (int, error) {
		return 0, coro.WithTimeout(co, 2*time.Millisecond, func(co *coro.Co) error {
			_, err := coro.Await[int](co, g)
			return err
		})
	})
	if _, err := join(t, h); !errors.Is(err, core.ErrDeadlineExceeded) {
		t.Errorf("the join returned %v", err)
	}
	g.droppedOnce(t)
}

// A deadline that is armed while a later one is waited for is not overslept.
func TestEarlierDeadlineBeatsTheOneThatIsWaitedFor(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	late := sleep(rt, "direct", time.Hour)
	settled(t, rt)
	joinOK(t, sleep(rt, "poll", time.Millisecond))
	late.Abort()
	receive(t, "the abort", late.Done())
}
