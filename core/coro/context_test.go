package coro_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

// testTimeout is how long a test waits for another goroutine.
const testTimeout = 10 * time.Second

func isDone(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return true
	default:
		return false
	}
}

func waitDone(t *testing.T, ctx context.Context) {
	t.Helper()
	select {
	case <-ctx.Done():
	case <-time.After(testTimeout):
		t.Error("Done is not closed")
	}
}

func TestAContextIsThatOfItsScope(t *testing.T) {
	tests := []struct {
		name string
		// end leaves the body in, or after, a state in which in, the Co of a scope, is done
		end   func(t *testing.T, h *coretest.Host, s *task.Slot[int], cancel func(error))
		err   error
		cause error
	}{
		{
			"abort",
			func(_ *testing.T, _ *coretest.Host, s *task.Slot[int], _ func(error)) { s.Abort() },
			context.Canceled, core.ErrCancelled,
		},
		{
			"deadline",
			func(_ *testing.T, h *coretest.Host, _ *task.Slot[int], _ func(error)) { h.Advance(time.Hour) },
			context.DeadlineExceeded, core.ErrDeadlineExceeded,
		},
		{
			"cancel",
			func(_ *testing.T, _ *coretest.Host, _ *task.Slot[int], cancel func(error)) { cancel(errCause) },
			context.Canceled, errCause,
		},
		{
			"cancel with a deadline's error",
			func(_ *testing.T, _ *coretest.Host, _ *task.Slot[int], cancel func(error)) {
				cancel(core.ErrDeadlineExceeded)
			},
			context.Canceled, core.ErrDeadlineExceeded,
		},
		{
			"end of the scope and the body",
			func(t *testing.T, h *coretest.Host, s *task.Slot[int], _ func(error)) {
				s.Wake()
				settle(h)
				if !s.Finished() {
					t.Error("the body has not ended")
				}
			},
			context.Canceled, core.ErrCancelled,
		},
	}
	for _, test := range tests {
		for _, watched := range []bool{true, false} { // by a call of Done, before the end
			t.Run(fmt.Sprintf("%s/watched=%t", test.name, watched), func(t *testing.T) {
				h := newHost(t)
				var in *coro.Co
				var cancel func(error)
				s := spawn(t, h, func(co *coro.Co) (int, error) {
					return 0, coro.WithTimeout(co, time.Hour, func(co *coro.Co) error {
						return coro.WithCancel(co, func(co *coro.Co, c func(error)) error {
							in, cancel = co, c
							return co.Suspend()
						})
					})
				})
				settle(h)
				if in.Err() != nil || in.Cause() != nil {
					t.Errorf("before: have %v, %v", in.Err(), in.Cause())
				}
				if watched {
					if first := in.Done(); isDone(in) || in.Done() != first {
						t.Error("before: done, or a new channel at each call")
					}
				}
				test.end(t, h, s, cancel)
				if in.Err() != test.err || !errors.Is(in.Cause(), test.cause) || !isDone(in) {
					t.Errorf("have %v, %v, done %t", in.Err(), in.Cause(), isDone(in))
				}
				cause := in.Cause()
				s.Abort()
				h.Run()
				if in.Err() != test.err || in.Cause() != cause || !isDone(in) {
					t.Errorf("later: have %v, %v, done %t", in.Err(), in.Cause(), isDone(in))
				}
			})
		}
	}
}

func TestTheContextOfABodyEndsWithIt(t *testing.T) {
	for name, body := range map[string]func(co *coro.Co){
		"returns": func(*coro.Co) {},
		"panics":  func(*coro.Co) { panic("boom") },
		"exits":   func(*coro.Co) { runtime.Goexit() },
	} {
		for _, watched := range []bool{true, false} {
			var ctx context.Context
			run(t, func(co *coro.Co) (int, error) {
				ctx = co
				if watched && isDone(co) {
					t.Errorf("%s: done from the start", name)
				}
				body(co)
				return 0, nil
			})
			if !isDone(ctx) || ctx.Err() != context.Canceled {
				t.Errorf("%s, watched %t: done %t, %v", name, watched, isDone(ctx), ctx.Err())
			}
			called := make(chan struct{})
			context.AfterFunc(ctx, func() { close(called) })
			select {
			case <-called:
			case <-time.After(testTimeout):
				t.Errorf("%s: AfterFunc was not called", name)
			}
		}
	}
}

// A shield keeps cancellation from what is inside, for the context too, and not from the context
// of what is around it.
func TestTheContextOfAShieldIsNotCancelled(t *testing.T) {
	h := newHost(t)
	var in, out context.Context
	var derived context.Context
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		out = co
		ctx, cancel := context.WithCancel(co)
		defer cancel()
		derived = ctx
		return 0, coro.Shield(co, func(co *coro.Co) error {
			in = co
			return co.Suspend()
		})
	})
	settle(h)
	s.Abort()
	waitDone(t, derived)
	if in.Err() != nil || isDone(in) {
		t.Errorf("in the shield: have %v", in.Err())
	}
	if out.Err() != context.Canceled || !isDone(out) || derived.Err() != context.Canceled {
		t.Errorf("around it: have %v, %v", out.Err(), derived.Err())
	}
	settle(h)
	s.Wake()
	settle(h)
	if in.Err() != context.Canceled || !isDone(in) {
		t.Errorf("after it: have %v", in.Err())
	}
}

func TestDeadlineIsTheEarliestAround(t *testing.T) {
	h := newHost(t)
	h.Advance(time.Minute)
	check := func(co *coro.Co, want time.Duration) {
		t.Helper()
		have, ok := co.Deadline()
		if !have.Equal(h.Epoch().Add(want)) || !ok {
			t.Errorf("have %v, %t, want %v", have, ok, want)
		}
	}
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		none := func(co *coro.Co) {
			if have, ok := co.Deadline(); ok {
				t.Errorf("have %v, want none", have)
			}
		}
		none(co)
		coro.WithTimeout(co, time.Hour, func(co *coro.Co) error {
			check(co, time.Hour+time.Minute)
			coro.WithDeadline(co, h.Epoch().Add(2*time.Minute), func(co *coro.Co) error {
				check(co, 2*time.Minute)
				return coro.WithTimeout(co, 24*time.Hour, func(co *coro.Co) error {
					check(co, 2*time.Minute)
					return coro.Shield(co, func(co *coro.Co) error {
						none(co)
						return coro.WithTimeout(co, time.Second, func(co *coro.Co) error {
							check(co, time.Minute+time.Second)
							return nil
						})
					})
				})
			})
			check(co, time.Hour+time.Minute)
			return nil
		})
		none(co)
		return 0, nil
	})
	h.Run()
	take(t, s)
}

// A context that package context derives from a Co is cancelled with it and costs no goroutine.
func TestADerivedContext(t *testing.T) {
	derive := map[string]func(ctx context.Context) (context.Context, context.CancelFunc){
		"WithCancel": context.WithCancel,
		"WithTimeout": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 100*testTimeout)
		},
		"twice": func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, outer := context.WithCancel(ctx)
			ctx, inner := context.WithCancel(context.WithValue(ctx, valueKey{}, 1))
			return ctx, func() { inner(); outer() }
		},
	}
	ends := []struct {
		name string
		end  func(h *coretest.Host, s *task.Slot[int])
		err  error
	}{
		{"abort", func(_ *coretest.Host, s *task.Slot[int]) { s.Abort() }, context.Canceled},
		{"deadline", func(h *coretest.Host, _ *task.Slot[int]) { h.Advance(time.Second) }, context.DeadlineExceeded},
		{"deadline and end of scope", func(h *coretest.Host, _ *task.Slot[int]) { h.Run() }, context.DeadlineExceeded},
		{"end of scope", func(h *coretest.Host, s *task.Slot[int]) { s.Wake(); settle(h) }, context.Canceled},
		{"close", func(h *coretest.Host, _ *task.Slot[int]) { h.Close() }, context.Canceled},
	}
	for kind, derive := range derive {
		for _, end := range ends {
			t.Run(kind+"/"+end.name, func(t *testing.T) {
				h := newHost(t)
				var ctx context.Context
				s := spawn(t, h, func(co *coro.Co) (int, error) {
					coro.WithTimeout(co, time.Second, func(co *coro.Co) error {
						before := runtime.NumGoroutine()
						ctx, _ = derive(co) // it ends with co
						if n := runtime.NumGoroutine(); n > before {
							t.Errorf("%d goroutines more", n-before)
						}
						return co.Suspend()
					})
					return 0, co.Suspend()
				})
				settle(h)
				if ctx.Err() != nil {
					t.Fatalf("from the start: %v", ctx.Err())
				}
				end.end(h, s)
				waitDone(t, ctx)
				if ctx.Err() != end.err {
					t.Errorf("have %v", ctx.Err())
				}
				s.Abort()
				h.Run()
			})
		}
	}
}

func TestADerivedContextThatIsCancelledLeavesNothingBehind(t *testing.T) {
	do(t, func(co *coro.Co) {
		var ran atomic.Bool
		stop := co.AfterFunc(func() { ran.Store(true) })
		ctx, cancel := context.WithCancel(co)
		cancel()
		waitDone(t, ctx)
		if co.Err() != nil {
			t.Errorf("it cancelled its parent: %v", co.Err())
		}
		if !stop() || stop() {
			t.Error("stop: want true once, then false")
		}
		t.Cleanup(func() {
			if ran.Load() {
				t.Error("the function ran all the same")
			}
		})
	})
}

// In code that knows no Co, a body may block its worker until a deadline: no task runs, and the
// wheel does not expire timers. Done is closed nevertheless.
func TestDoneClosesAtTheDeadlineOfABlockedWorker(t *testing.T) {
	start := time.Now()
	const d = 20 * time.Millisecond
	w := newWorker(t, coro.NewPool(0, false))
	w.clock = func() time.Duration { return time.Since(start) }
	w.epoch = start
	s := spawn(t, w, func(co *coro.Co) (int, error) {
		return 0, coro.WithTimeout(co, d, func(co *coro.Co) error {
			return coro.WithTimeout(co, time.Hour, func(co *coro.Co) error {
				ctx, cancel := context.WithCancel(co)
				defer cancel()
				<-ctx.Done()
				if ctx.Err() != context.DeadlineExceeded {
					t.Errorf("have %v", ctx.Err())
				}
				return co.Interrupted()
			})
		})
	})
	w.run()
	if _, err := take(t, s); err != core.ErrDeadlineExceeded {
		t.Errorf("have %v", err)
	}
	if took := time.Since(start); took < d {
		t.Errorf("it took %v only", took)
	}
}

// On a virtual clock a deadline depends on that clock only, and not on the wall clock.
func TestAVirtualDeadlineDoesNotComeByTheWallClock(t *testing.T) {
	h := newHost(t)
	if time.Until(h.Epoch().Add(time.Second)) > 0 {
		t.Fatal("the virtual deadline is not yet past by the wall clock, so this would show nothing")
	}
	var in context.Context
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		return 0, coro.WithTimeout(co, time.Second, func(co *coro.Co) error {
			in = co
			in.Done()
			return forever(co)
		})
	})
	settle(h)
	time.Sleep(5 * time.Millisecond)
	settle(h)
	if in.Err() != nil || s.Finished() {
		t.Errorf("have %v before its time", in.Err())
	}
	h.Advance(time.Second)
	if in.Err() != context.DeadlineExceeded || !isDone(in) {
		t.Errorf("have %v at its time", in.Err())
	}
}

// An abort sets the reason first and closes Done after that. In between, Err must not return the reason.
func TestErrIsNilUntilDoneIsClosed(t *testing.T) {
	h := newHost(t)
	var in *coro.Co
	s := spawn(t, h, func(co *coro.Co) (int, error) { in = co; return 0, forever(co) })
	settle(h)
	done := in.Done()
	release := coro.HoldWatch(in)
	go s.Abort()
	for in.Cause() == nil {
		runtime.Gosched()
	}
	closed := make(chan bool)
	go func() {
		if in.Err() != context.Canceled {
			t.Errorf("have %v", in.Err())
		}
		select {
		case <-done:
			closed <- true
		default:
			closed <- false
		}
	}()
	time.Sleep(5 * time.Millisecond)
	release()
	if !<-closed {
		t.Error("Err was not nil before Done was closed")
	}
	h.RunUntil(s.Finished)
}

// All of a Co's context may be used by any goroutine while the body opens and closes scopes, is
// aborted and ends.
func TestTheContextIsSafeForOtherGoroutines(t *testing.T) {
	for range 20 {
		h := newHost(t)
		var wg sync.WaitGroup
		use := func(co *coro.Co) {
			for range 2 {
				wg.Go(func() {
					for range 20 {
						if isDone(co) && co.Err() == nil {
							t.Error("Done is closed, Err is nil")
						}
						if err := co.Err(); err != nil && (co.Err() != err || co.Cause() == nil || !isDone(co)) {
							t.Errorf("have %v, then %v with cause %v, done %t", err, co.Err(), co.Cause(), isDone(co))
						}
						co.Deadline()
						co.Value(valueKey{})
						co.AfterFunc(func() {})()
						ctx, cancel := context.WithCancel(co)
						if ctx.Err() != nil && co.Err() == nil {
							t.Error("a derived context ended first")
						}
						cancel()
					}
				})
			}
		}
		s := spawn(t, h, func(co *coro.Co) (int, error) {
			use(co)
			for range 20 {
				coro.WithTimeout(co, time.Millisecond, func(co *coro.Co) error {
					use(co)
					return coro.WithCancel(co, func(co *coro.Co, cancel func(error)) error {
						use(co)
						wg.Go(func() { cancel(errCause) })
						return coro.Shield(co, func(co *coro.Co) error {
							use(co)
							return co.Yield()
						})
					})
				})
				co.Yield()
			}
			return 0, nil
		})
		wg.Go(func() {
			time.Sleep(time.Millisecond)
			s.Abort()
		})
		h.RunUntil(s.Finished)
		wg.Wait()
	}
}
