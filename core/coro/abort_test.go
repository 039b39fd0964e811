package coro_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

// awaits are all the ways to await that a cancellation can end.
var awaits = []struct {
	name string
	f    func(co *coro.Co) error
}{
	{"Await", forever},
	{"Suspend", (*coro.Co).Suspend},
	{"Yield", (*coro.Co).Yield},
	{"Sleep", func(co *coro.Co) error { return coro.Sleep(co, time.Hour) }},
	{"SleepUntil", func(co *coro.Co) error { return coro.SleepUntil(co, time.Now().Add(time.Hour)) }},
	{"Interrupted", (*coro.Co).Interrupted},
}

func isAbort(err error) bool {
	return errors.Is(err, core.ErrCancelled) && errors.Is(err, context.Canceled)
}

func TestAbortEndsTheAwaitAndFailsEveryOneAfterIt(t *testing.T) {
	for _, await := range awaits {
		t.Run(await.name, func(t *testing.T) {
			h := newHost(t)
			var errs []error
			s := spawn(t, h, func(co *coro.Co) (int, error) {
				for range 3 {
					var err error
					for err == nil { // Yield and Interrupted do not wait
						err = await.f(co)
						if !co.Context().Spend() {
							co.Yield()
						}
					}
					errs = append(errs, err)
				}
				return 0, errs[2]
			})
			for range 10 {
				h.Step()
			}
			if !s.Abort() {
				t.Error("Abort did not take")
			}
			settle(h)
			if _, err := take(t, s); err != core.ErrCancelled || s.State() != task.Cancelled {
				t.Errorf("have %v, %v", err, s.State())
			}
			for _, err := range errs {
				if !isAbort(err) {
					t.Errorf("have %v", err)
				}
			}
			if h.Run(); h.Now() != 0 {
				t.Errorf("the clock went on to %v: a timer was left", h.Now())
			}
		})
	}
}

func TestAnAbortedBodyUnwindsBeforeItsJoinResolves(t *testing.T) {
	h := newHost(t)
	var s *task.Slot[int]
	var order []string
	g := new(gate)
	s = spawn(t, h, func(co *coro.Co) (int, error) {
		defer func() { order = append(order, fmt.Sprint("outer ", s.Finished())) }()
		defer func() { order = append(order, fmt.Sprint("inner ", s.Finished(), " ", g.drops)) }()
		return coro.Await(co, g)
	})
	h.Run()
	s.Abort()
	if s.Finished() {
		t.Error("the join resolved at the abort")
	}
	h.Run()
	if !slices.Equal(order, []string{"inner false 1", "outer false"}) || !s.Finished() {
		t.Errorf("have %q, finished %t", order, s.Finished())
	}
}

func TestAbortDuringThePollIsSeenAtTheNextAwait(t *testing.T) {
	h := newHost(t)
	var s *task.Slot[int]
	s = spawn(t, h, func(co *coro.Co) (int, error) {
		s.Abort()
		return 0, forever(co)
	})
	h.Run()
	if _, err := take(t, s); err != core.ErrCancelled {
		t.Errorf("have %v", err)
	}
}

func TestAValueBeatsASimultaneousAbort(t *testing.T) {
	h := newHost(t)
	g := new(gate)
	var after error
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		v, err := coro.Await(co, g)
		after = co.Interrupted()
		return v, err
	})
	h.Run()
	s.Abort()
	g.open(7)
	h.Run()
	if v, err := take(t, s); v != 7 || err != nil || s.State() != task.Completed || g.drops != 0 {
		t.Errorf("have %d, %v, %v, %d drops", v, err, s.State(), g.drops)
	}
	if !isAbort(after) {
		t.Errorf("the next await: have %v", after)
	}
}

func TestAwaitAfterAnAbortDropsTheFutureUnpolled(t *testing.T) {
	h := newHost(t)
	g := new(gate)
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		co.Suspend()
		return coro.Await(co, g)
	})
	h.Run()
	s.Abort()
	h.Run()
	if g.polls != 0 || g.drops != 1 {
		t.Errorf("%d polls, %d drops; want 0 and 1", g.polls, g.drops)
	}
}

// What an aborted task comes to depends on what its body returns.
func TestOutputOfAnAbortedBody(t *testing.T) {
	own := errors.New("own")
	tests := []struct {
		name   string
		answer func(err error) error
		want   error
		state  task.State
	}{
		{"the error", func(err error) error { return err }, core.ErrCancelled, task.Cancelled},
		{"the error wrapped", func(err error) error { return fmt.Errorf("read: %w", err) }, core.ErrCancelled, task.Cancelled},
		{"what went wrong in its clean-up", func(err error) error { return errors.Join(err, own) }, own, task.Cancelled},
		{"its own error", func(error) error { return own }, own, task.Completed},
		{"a value", func(error) error { return nil }, nil, task.Completed},
	}
	for _, test := range tests {
		h := newHost(t)
		s := spawn(t, h, func(co *coro.Co) (int, error) { return 7, test.answer(forever(co)) })
		h.Run()
		s.Abort()
		h.Run()
		v, err := take(t, s)
		want := 7
		if test.state == task.Cancelled {
			want = 0
		}
		cancelled := errors.Is(err, core.ErrCancelled) == (test.state == task.Cancelled)
		if v != want || !errors.Is(err, test.want) || !cancelled || s.State() != test.state {
			t.Errorf("%s: have %d, %v, %v", test.name, v, err, s.State())
		}
	}
}

func TestShieldLetsCleanUpAwaitAfterAnAbort(t *testing.T) {
	h := newHost(t)
	flushed := new(gate)
	var during, after error
	s := spawn(t, h, func(co *coro.Co) (_ int, err error) {
		defer func() {
			during = coro.Shield(co, func(co *coro.Co) error {
				if err := co.Yield(); err != nil {
					return err
				}
				return await(co, flushed)
			})
			after = co.Interrupted()
		}()
		return 0, forever(co)
	})
	h.Run()
	s.Abort()
	h.Run()
	if s.Finished() || flushed.polls != 1 {
		t.Fatalf("finished %t after %d polls, want it to wait in the shield", s.Finished(), flushed.polls)
	}
	s.Wake()
	s.Abort() // again: nothing
	h.Run()
	flushed.open(0)
	h.Run()
	if _, err := take(t, s); err != core.ErrCancelled {
		t.Errorf("have %v", err)
	}
	if during != nil || !isAbort(after) {
		t.Errorf("in the shield %v, after it %v", during, after)
	}
}

func TestAnAbortInsideAShieldIsSeenAfterIt(t *testing.T) {
	h := newHost(t)
	g := new(gate)
	var in, out error
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		in = coro.Shield(co, func(co *coro.Co) error { return await(co, g) })
		out = co.Interrupted()
		return 0, out
	})
	h.Run()
	s.Abort()
	h.Run()
	if s.Finished() {
		t.Fatal("the shield did not hold")
	}
	g.open(0)
	h.Run()
	if take(t, s); in != nil || !isAbort(out) {
		t.Errorf("have %v, then %v", in, out)
	}
}

// stubborn are bodies that do not end by themselves after an abort.
var stubborn = []struct {
	name string
	body func(co *coro.Co, await func() error)
}{
	{"a loop", func(_ *coro.Co, await func() error) {
		for {
			await()
		}
	}},
	{"a loop that recovers", func(_ *coro.Co, await func() error) {
		for {
			func() {
				defer func() { recover() }()
				await()
			}()
		}
	}},
	{"a deferred loop", func(_ *coro.Co, await func() error) {
		defer func() {
			for {
				await()
			}
		}()
		await()
	}},
	{"deferred loops that recover", func(_ *coro.Co, await func() error) {
		for range 3 {
			defer func() {
				defer func() { recover() }()
				for {
					await()
				}
			}()
		}
		await()
	}},
	{"a loop in a scope", func(co *coro.Co, await func() error) {
		coro.WithTimeout(co, time.Hour, func(*coro.Co) error {
			for {
				await()
			}
		})
	}},
}

func TestABodyThatIgnoresItsAbortIsUnwoundByForce(t *testing.T) {
	for _, test := range stubborn {
		t.Run(test.name, func(t *testing.T) {
			h := newHost(t)
			var told, made, dropped int
			unwound := false
			s := spawn(t, h, func(co *coro.Co) (int, error) {
				defer func() { unwound = true }()
				test.body(co, func() error {
					g := new(gate)
					made++
					defer func() { dropped += g.drops }()
					err := await(co, g)
					if isAbort(err) {
						told++
					}
					return err
				})
				return 0, nil
			})
			settle(h)
			s.Abort()
			settle(h)
			if _, err := take(t, s); err != core.ErrCancelled || s.State() != task.Cancelled {
				t.Errorf("have %v, %v", err, s.State())
			}
			if !unwound || told != coro.MaxIgnored || dropped != made {
				t.Errorf("unwound %t, told %d times, %d of %d futures dropped", unwound, told, dropped, made)
			}
			if n := h.Coroutines().Idle(); n != 0 {
				t.Errorf("%d coroutines kept: that one is inside Goexit", n)
			}
			if h.Run(); h.Now() != 0 {
				t.Errorf("the clock went on to %v: a timer was left", h.Now())
			}
			if v, err := run(t, func(*coro.Co) (int, error) { return 1, nil }); v != 1 || err != nil {
				t.Errorf("the next body: have %d, %v", v, err)
			}
		})
	}
}

func TestAForcedUnwindingCanBeShielded(t *testing.T) {
	h := newHost(t)
	g := new(gate)
	var during error
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		defer func() {
			during = coro.Shield(co, func(co *coro.Co) error {
				for range 2 * coro.UseSample { // its stack is still known to be a body's
					if err := co.Yield(); err != nil {
						return err
					}
				}
				return await(co, g)
			})
		}()
		for {
			co.Yield()
		}
	})
	for range 10 {
		h.Step()
	}
	s.Abort()
	settle(h)
	if s.Finished() {
		t.Fatal("the shield did not hold")
	}
	g.open(0)
	h.Run()
	if _, err := take(t, s); err != core.ErrCancelled || during != nil {
		t.Errorf("have %v, in the shield %v", err, during)
	}
}

func TestAPanicWhileUnwindingIsTheOutput(t *testing.T) {
	tests := []struct {
		name string
		body func(co *coro.Co)
	}{
		{"of its own accord", func(co *coro.Co) { forever(co) }},
		{"by force", func(co *coro.Co) {
			for {
				co.Yield()
			}
		}},
		{"by Goexit", func(co *coro.Co) { forever(co); runtime.Goexit() }},
	}
	for _, test := range tests {
		h := newHost(t)
		last := false
		s := spawn(t, h, func(co *coro.Co) (int, error) {
			defer func() { last = true }()
			defer panic("boom")
			test.body(co)
			return 0, nil
		})
		for range 10 {
			h.Step()
		}
		s.Abort()
		h.Run()
		var p *task.PanicError
		if _, err := take(t, s); !errors.As(err, &p) || p.Value != "boom" || !last {
			t.Errorf("%s: have %v, all deferred functions run %t", test.name, err, last)
		}
		next := spawn(t, h, func(co *coro.Co) (int, error) { return 1, co.Yield() })
		h.Run()
		if v, err := take(t, next); v != 1 || err != nil {
			t.Errorf("%s: the next body: have %d, %v", test.name, v, err)
		}
	}
}

func TestCloseUnwindsWhateverIsLeft(t *testing.T) {
	yields := func(co *coro.Co) {
		for co.Yield() == nil {
		}
	}
	bodies := map[string]func(co *coro.Co){
		"in Await": func(co *coro.Co) { forever(co) },
		"in Sleep": func(co *coro.Co) { coro.Sleep(co, time.Hour) },
		"in a shield": func(co *coro.Co) {
			coro.Shield(co, func(co *coro.Co) error { return forever(co) })
		},
		"in a scope": func(co *coro.Co) {
			coro.WithTimeout(co, time.Hour, func(co *coro.Co) error { return forever(co) })
		},
		"in an expired scope": func(co *coro.Co) {
			coro.WithTimeout(co, 0, func(co *coro.Co) error {
				for !isAbort(co.Interrupted()) {
				}
				return nil
			})
		},
		"scheduled":    yields,
		"calls Goexit": func(co *coro.Co) { forever(co); runtime.Goexit() },
		"opens scopes": func(co *coro.Co) {
			forever(co)
			coro.WithTimeout(co, time.Hour, forever)
			coro.WithDeadline(co, time.Now().Add(-time.Hour), forever)
			coro.Shield(co, func(co *coro.Co) error { return coro.Sleep(co, 1) })
		},
	}
	for _, b := range stubborn {
		bodies["ignores it in "+b.name] = func(co *coro.Co) { b.body(co, func() error { return forever(co) }) }
	}
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			h := newHost(t)
			unwound := false
			s := spawn(t, h, func(co *coro.Co) (int, error) {
				defer func() { unwound = true }()
				body(co)
				return 1, co.Interrupted()
			})
			for range 3 {
				h.Step()
			}
			if unwound {
				t.Fatal("the body has ended already")
			}
			h.Close()
			v, err := take(t, s)
			if v != 0 || err != core.ErrShutdown || s.State() != task.Cancelled || !unwound {
				t.Errorf("have %d, %v, %v, unwound %t", v, err, s.State(), unwound)
			}
		})
	}
}

func TestCloseAfterAnAbortEndsTheShieldedCleanUp(t *testing.T) {
	h := newHost(t)
	var in error
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		err := forever(co)
		in = coro.Shield(co, forever)
		return 0, err
	})
	h.Run()
	s.Abort()
	h.Run()
	h.Close()
	if _, err := take(t, s); err != core.ErrShutdown || !isAbort(in) {
		t.Errorf("have %v, in the shield %v", err, in)
	}
}

func TestABodyThatPanicsWhenItIsDropped(t *testing.T) {
	h := newHost(t)
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		defer panic("boom")
		return 0, forever(co)
	})
	h.Run()
	h.Close()
	var p *task.PanicError
	if _, err := take(t, s); !errors.As(err, &p) || p.Value != "boom" {
		t.Errorf("have %v", err)
	}
}

func TestADroppedFutureIsNotPolled(t *testing.T) {
	h := newHost(t)
	g := new(gate)
	s := spawn(t, h, func(co *coro.Co) (int, error) { return coro.Await(co, g) })
	h.Run()
	g.open(7)
	h.Close()
	if _, err := take(t, s); err != core.ErrShutdown || g.polls != 1 || g.drops != 1 {
		t.Errorf("have %v after %d polls and %d drops", err, g.polls, g.drops)
	}
}

func TestABodyThatNeverBeganIsReleasedWithItsTask(t *testing.T) {
	for name, end := range map[string]func(s *task.Slot[int]){
		"dropped": func(s *task.Slot[int]) { s.ForHost().Kill(core.ErrShutdown) },
		"aborted": func(s *task.Slot[int]) {
			w := newWorker(t, coro.NewPool(0, false))
			w.Spawn(&s.Task)
			s.Abort()
			w.run()
		},
	} {
		freed := make(chan struct{})
		held := new([64]byte)
		runtime.AddCleanup(held, func(int) { close(freed) }, 0)
		s := coro.New(func(*coro.Co) (int, error) { return int(held[0]), nil })
		end(s)
		runtime.GC()
		select {
		case <-freed:
		case <-time.After(5 * time.Second):
			t.Errorf("%s: what the body holds is still held", name)
		}
		runtime.KeepAlive(s)
	}
}
