package coro_test

import (
	"iter"
	"runtime"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/racetest"
	"github.com/moduvex/moduvex-go/core/task"
)

const (
	textOutside = coro.TextOutside
	textForeign = coro.TextForeign

	textExchanged = coro.TextExchanged
)

// uses are the calls of a Co that only its body may make.
var uses = map[string]func(co *coro.Co){
	"Await":        func(co *coro.Co) { forever(co) },
	"Suspend":      func(co *coro.Co) { co.Suspend() },
	"Yield":        func(co *coro.Co) { co.Yield() },
	"Sleep":        func(co *coro.Co) { coro.Sleep(co, time.Second) },
	"SleepUntil":   func(co *coro.Co) { coro.SleepUntil(co, time.Now()) },
	"Context":      func(co *coro.Co) { co.Context() },
	"Spawn":        func(co *coro.Co) { co.Spawn(task.New[int](new(gate))) },
	"WithTimeout":  func(co *coro.Co) { coro.WithTimeout(co, time.Second, forever) },
	"WithDeadline": func(co *coro.Co) { coro.WithDeadline(co, time.Now(), forever) },
	"WithValue":    func(co *coro.Co) { coro.WithValue(co, valueKey{}, 1, forever) },
	"Shield":       func(co *coro.Co) { coro.Shield(co, forever) },
	"WithCancel": func(co *coro.Co) {
		coro.WithCancel(co, func(co *coro.Co, _ func(error)) error { return forever(co) })
	},
}

func TestUseByAnotherGoroutineWhileTheBodyIsSuspendedPanics(t *testing.T) {
	for name, use := range uses {
		for _, scoped := range []bool{false, true} {
			h := newHost(t)
			var in *coro.Co
			g := new(gate)
			s := spawn(t, h, func(co *coro.Co) (int, error) {
				if !scoped {
					in = co
					return coro.Await(co, g)
				}
				return 7, coro.WithValue(co, valueKey{}, 1, func(co *coro.Co) error {
					in = co
					return await(co, g)
				})
			})
			h.Run()
			if v := panicOf(func() { use(in) }); v != textOutside {
				t.Errorf("%s: have %v", name, v)
			}
			g.open(7)
			h.Run()
			if v, err := take(t, s); v != 7 || err != nil {
				t.Errorf("%s: the body was disturbed: %d, %v", name, v, err)
			}
		}
	}
}

func TestUseAfterTheEndPanics(t *testing.T) {
	for name, use := range uses {
		h := newHost(t)
		var in *coro.Co
		s := spawn(t, h, func(co *coro.Co) (int, error) { in = co; return 1, nil })
		h.Run()
		take(t, s)
		if v := panicOf(func() { use(in) }); v != textOutside {
			t.Errorf("%s: have %v", name, v)
		}
		spawn(t, h, func(co *coro.Co) (int, error) { in = co; return 1, forever(co) })
		h.Run()
		h.Close()
		if v := panicOf(func() { use(in) }); v != textOutside {
			t.Errorf("%s, dropped: have %v", name, v)
		}
	}
}

// While the body runs, only the check of the stack detects a foreign goroutine, at every 2048th use.
func TestASampledSuspensionOfAnotherGoroutinePanics(t *testing.T) {
	for _, name := range []string{"Await", "Suspend", "Yield", "Sleep", "Shield", "WithTimeout"} {
		v, err := run(t, func(co *coro.Co) (any, error) {
			coro.CheckNext(co)
			return panicOf(func() { uses[name](co) }), co.Yield()
		})
		if v != textForeign || err != nil {
			t.Errorf("%s: have %v, %v", name, v, err)
		}
	}
}

// The check of the stack never takes the body for a foreign goroutine, at whichever depth and place it suspends.
func TestALookAtTheStackFindsTheBody(t *testing.T) {
	for depth := range 80 {
		_, err := run(t, func(co *coro.Co) (int, error) {
			var down func(n int) error
			down = func(n int) error {
				if n > 0 {
					return down(n - 1)
				}
				coro.CheckNext(co)
				return co.Yield()
			}
			return 0, down(depth)
		})
		if err != nil {
			t.Errorf("%d calls deep: %v", depth, err)
		}
	}
	_, err := run(t, func(co *coro.Co) (_ int, err error) {
		defer func() {
			recover()
			coro.CheckNext(co)
			err = co.Yield()
		}()
		panic("boom")
	})
	if err != nil {
		t.Errorf("in a deferred function of a panic: %v", err)
	}
}

// exactly is newWorker with a pool that checks every use.
func exactly(t testing.TB) *worker {
	return newWorker(t, coro.NewPoolWith(coro.PoolOptions{CheckUses: true}))
}

func TestAnIteratorThatTheBodyDrivesMayAwait(t *testing.T) {
	const n = 4 * coro.UseSample
	for name, w := range map[string]*worker{"sampled": newWorker(t, coro.NewPool(0, false)), "checked": exactly(t)} {
		s := spawn(t, w, func(co *coro.Co) (int, error) {
			numbers := func(yield func(int) bool) {
				for i := range n {
					if co.Yield() != nil || !yield(i) {
						return
					}
				}
			}
			twice := func(yield func(int) bool) { // an iterator of an iterator
				next, stop := iter.Pull(numbers)
				defer stop()
				for v, ok := next(); ok && yield(2*v) && co.Yield() == nil; v, ok = next() {
				}
			}
			next, stop := iter.Pull(twice)
			defer stop()
			sum := 0
			for v, ok := next(); ok; v, ok = next() {
				sum += v
				co.Yield()
			}
			return sum, nil
		})
		w.run()
		if v, err := take(t, s); v != n*(n-1) || err != nil {
			t.Errorf("%s: have %d, %v", name, v, err)
		}
	}
}

// An await of a foreign goroutine that no check has found is found when the body awaits or ends: the task ends with that
// panic, and the worker goes on.
func TestAForeignAwaitIsFoundAtTheLatestByTheBody(t *testing.T) {
	if racetest.Enabled {
		t.Skip("such an await is a data race, which the detector finds first")
	}
	for name, test := range map[string]struct {
		then func(co *coro.Co)
		want any
	}{
		"awaits": {func(co *coro.Co) { co.Yield() }, textOutside},
		"ends":   {func(*coro.Co) {}, textExchanged},
		"panics": {func(*coro.Co) { panic("boom") }, "boom"},
	} {
		w := newWorker(t, coro.NewPool(0, false))
		foreign := make(chan any, 1)
		var s *task.Slot[int]
		s = spawn(t, w, func(co *coro.Co) (int, error) {
			go func() { foreign <- panicOf(func() { co.Suspend() }) }()
			for s.State() == task.Running { // the worker takes it for suspended then
				runtime.Gosched()
			}
			test.then(co)
			return 0, nil
		})
		for w.run(); !s.Finished(); w.run() {
			runtime.Gosched()
		}
		if _, err := take(t, s); !endedBy(test.want)(err) {
			t.Errorf("%s: the task has ended with %v", name, err)
		}
		if v := <-foreign; v != textForeign {
			t.Errorf("%s: the foreign goroutine: %v", name, v)
		}
		other := spawn(t, w, func(co *coro.Co) (int, error) { return 7, co.Yield() })
		w.run()
		if v, err := take(t, other); v != 7 || err != nil {
			t.Errorf("%s: the worker: %d, %v", name, v, err)
		}
	}
}

// With CheckUses, a foreign use is detected while the body runs, before it does harm.
func TestACheckedUseThatIsNotTheBodysPanics(t *testing.T) {
	in := map[string]struct {
		call func(t *testing.T, f func()) any
		text string
	}{
		"a goroutine": {func(_ *testing.T, f func()) any { return panicOf(f) }, textForeign},
		"an iterator of a goroutine": {func(_ *testing.T, f func()) any {
			return panicOf(func() { pull(f) })
		}, textForeign},
		"another body": {func(t *testing.T, f func()) (v any) {
			w := exactly(t)
			spawn(t, w, func(*coro.Co) (int, error) {
				defer func() { v = recover() }()
				f()
				return 0, nil
			})
			w.run()
			return v
		}, coro.TextOther},
		"an iterator of another body": {func(t *testing.T, f func()) (v any) {
			w := exactly(t)
			spawn(t, w, func(*coro.Co) (int, error) {
				defer func() { v = recover() }()
				pull(f)
				return 0, nil
			})
			w.run()
			return v
		}, coro.TextOther},
	}
	for where, test := range in {
		for name, use := range uses {
			w := exactly(t)
			s := spawn(t, w, func(co *coro.Co) (any, error) {
				return test.call(t, func() { use(co) }), co.Yield()
			})
			w.run()
			if v, err := take(t, s); v != test.text || err != nil {
				t.Errorf("%s, in %s: have %v, %v", name, where, v, err)
			}
		}
	}
}
