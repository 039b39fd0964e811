package gochan_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/gochan"
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/timer"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/joinhandle"
)

func TestRecvTakesWhatIsThereAndWaitsForTheRest(t *testing.T) {
	eachKind(t, func(t *testing.T, rt *executor.Runtime) {
		ch := make(chan string, 2)
		ch <- "a"
		ch <- "b"
		h := executor.Go(rt, func(co *coro.Co) (got []string, err error) {
			for v, err := range gochan.All(co, ch) {
				if err != nil {
					return got, err
				}
				got = append(got, v)
			}
			_, ok, err := gochan.Recv(co, ch)
			if ok {
				t.Error("a closed channel has a value")
			}
			return got, err
		})
		untilWaiting(t, rt, 1)
		put(t, ch, "c")
		untilWaiting(t, rt, 1)
		close(ch)
		if got := ok(t, h); !slices.Equal(got, []string{"a", "b", "c"}) {
			t.Errorf("received %q", got)
		}
		untilNoHelper(t, rt)
	})
}

// The end of a channel is for all that wait, and a nil error or a nil interface is a value like any other.
func TestRecvReturnsFalseToAllThatWaitWhenTheChannelIsClosed(t *testing.T) {
	eachKind(t, func(t *testing.T, rt *executor.Runtime) {
		ch := make(chan error)
		var hs []joinhandle.JoinHandle[bool]
		for range 10 {
			hs = append(hs, executor.Go(rt, func(co *coro.Co) (bool, error) {
				v, ok, err := gochan.Recv(co, ch)
				return ok, errors.Join(v, err)
			}))
		}
		untilWaiting(t, rt, 10)
		put(t, ch, nil)
		close(ch)
		values := 0
		for _, h := range hs {
			if ok(t, h) {
				values++
			}
		}
		if values != 1 {
			t.Errorf("%d of 10 tasks have received the one value", values)
		}
	})
}

func TestRecvFromNilWaitsForTheAbortWithoutAHelper(t *testing.T) {
	rt := startRuntime(t)
	entered := make(chan struct{})
	h := executor.Do(rt, func(co *coro.Co) error {
		close(entered)
		_, _, err := gochan.Recv[int](co, nil)
		return err
	})
	f := executor.Spawn(rt, gochan.NewRecv[int](nil))
	within(t, entered)
	if n := gochan.Count(rt); n.Helpers != 0 {
		t.Errorf("a receive from nil has a helper: %+v", n)
	}
	h.Abort()
	f.Abort()
	if _, err := wait(t, h); !errors.Is(err, core.ErrCancelled) {
		t.Error(err)
	}
	if _, err := wait(t, f); !errors.Is(err, core.ErrCancelled) {
		t.Error(err)
	}
}

func TestACancelledRecvLeavesTheValueForTheNext(t *testing.T) {
	eachKind(t, func(t *testing.T, rt *executor.Runtime) {
		ch := make(chan int)
		one(t, rt, func(co *coro.Co) error {
			err := coro.WithTimeout(co, time.Millisecond, func(co *coro.Co) error {
				_, _, err := gochan.Recv(co, ch)
				return err
			})
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("a Recv after the deadline returns %v", err)
			}
			err = coro.WithTimeout(co, 0, func(co *coro.Co) error {
				_, _, err := gochan.Recv(co, ch)
				return err
			})
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("a Recv in a scope that is over returns %v", err)
			}
			return nil
		})
		untilNoHelper(t, rt)
		select {
		case ch <- 1:
			t.Error("a value was received for a task that is gone")
		default:
		}
	})
}

func TestTasksThatWaitReceiveInTheirOrderThroughOneHelper(t *testing.T) {
	eachKind(t, func(t *testing.T, rt *executor.Runtime) {
		const n = 50
		ch := make(chan int)
		var hs []joinhandle.JoinHandle[int]
		for range n {
			hs = append(hs, executor.Go(rt, func(co *coro.Co) (int, error) {
				v, _, err := gochan.Recv(co, ch)
				return v, err
			}))
			untilWaiting(t, rt, len(hs))
		}
		if c := gochan.Count(rt); c.Helpers != 1 {
			t.Errorf("%d waits for one channel have %d helpers", n, c.Helpers)
		}
		hs[3].Abort()
		wait(t, hs[3])
		hs = slices.Delete(hs, 3, 4)
		for i := range hs {
			put(t, ch, i)
		}
		for i, h := range hs {
			if v := ok(t, h); v != i {
				t.Errorf("task %d has received value %d", i, v)
			}
		}
	})
}

// A value of a task that was dropped between the receive and its next poll goes to the first task that waits, to the
// next that comes, to a Select, or to Reclaim.
func TestAValueWhoseFutureIsDroppedGoesToTheNextReceiver(t *testing.T) {
	eachKind(t, func(t *testing.T, rt *executor.Runtime) {
		ch := make(chan int)
		// dropped drops a future after its value has come.
		dropped := func(vs ...int) {
			t.Helper()
			one(t, rt, func(co *coro.Co) error {
				var fs []*gochan.RecvFuture[int]
				for range vs {
					fs = append(fs, gochan.NewRecv(ch))
					if _, ready := fs[len(fs)-1].Poll(co.Context()); ready {
						t.Error("there is a value already")
					}
				}
				deliver(t, co, rt, ch, vs...)
				for _, f := range slices.Backward(fs) { // the last value comes back first
					f.Drop()
				}
				return nil
			})
		}
		recv := func(co *coro.Co) (int, error) { v, _, err := gochan.Recv(co, ch); return v, err }

		dropped(1, 2)
		if c := gochan.Count(rt); c.Kept != 2 {
			t.Fatalf("after two drops: %+v", c)
		}
		if v := ok(t, executor.Go(rt, recv)); v != 1 {
			t.Errorf("the next task receives %d, want 1", v)
		}
		one(t, rt, func(co *coro.Co) error {
			_, err := gochan.Select(co, gochan.Default(nil), gochan.OnRecv(ch, func(v int, ok bool) {
				if v != 2 || !ok {
					t.Errorf("a Select receives %d, %v", v, ok)
				}
			}))
			return err
		})
		if c := gochan.Count(rt); c.Kept != 0 {
			t.Errorf("two values were kept and taken: %+v", c)
		}
		dropped(3)
		if vs := gochan.Reclaim(rt, (<-chan int)(ch)); !slices.Equal(vs, []int{3}) {
			t.Errorf("Reclaim returns %v", vs)
		}
		if vs := gochan.Reclaim(rt, (<-chan int)(ch)); len(vs) > 0 {
			t.Errorf("Reclaim returns %v again", vs)
		}
		untilNoHelper(t, rt)

		// With a task that waits by then: of a line, or in a Select.
		for name, receive := range map[string]func(co *coro.Co) (int, error){
			"Recv": recv,
			"Select": func(co *coro.Co) (v int, err error) {
				_, err = gochan.Select(co, gochan.OnRecv(make(chan int), nil), gochan.OnRecv(ch, func(got int, _ bool) { v = got }))
				return v, err
			},
		} {
			next := make(chan joinhandle.JoinHandle[int], 1)
			one(t, rt, func(co *coro.Co) error {
				f := gochan.NewRecv(ch)
				f.Poll(co.Context())
				deliver(t, co, rt, ch, 4)
				next <- executor.Go(co, receive)
				for gochan.Count(rt).Waiting == 0 {
					if err := co.Yield(); err != nil {
						return err
					}
				}
				f.Drop()
				return nil
			})
			if v := ok(t, <-next); v != 4 {
				t.Errorf("a %s that waits receives %d", name, v)
			}
			untilNoHelper(t, rt)
		}
		if c := gochan.Count(rt); c.Kept != 0 {
			t.Errorf("the value is kept and was taken: %+v", c)
		}
	})
}

// deliver sends values to the tasks that wait for ch, from a goroutine beside the task of co.
func deliver(t testing.TB, co *coro.Co, rt *executor.Runtime, ch chan<- int, vs ...int) {
	_, err := executor.Blocking(co, func() (int, error) {
		for _, v := range vs {
			put(t, ch, v)
		}
		eventually(t, "delivered", func() bool { return gochan.Count(rt).Waiting == 0 })
		return 0, nil
	})
	if err != nil {
		t.Error(err)
	}
}

// Reclaim waits for the helper that has received a value at the moment of the drop.
func TestReclaimReturnsWhatAHelperHolds(t *testing.T) {
	eachKind(t, func(t *testing.T, rt *executor.Runtime) {
		for i := range 20 {
			ch := make(chan int)
			f := gochan.NewRecv(ch)
			one(t, rt, func(co *coro.Co) error { f.Poll(co.Context()); return nil })
			eventually(t, "a helper receives", func() bool {
				sent := false
				gochan.DropAfter(f, func() {
					select {
					case ch <- i:
						sent = true
					default:
					}
				})
				if !sent { // the helper had not begun to wait, and does not wait from now on
					f = gochan.NewRecv(ch)
					one(t, rt, func(co *coro.Co) error { f.Poll(co.Context()); return nil })
				}
				return sent
			})
			if vs := gochan.Reclaim(rt, (<-chan int)(ch)); !slices.Equal(vs, []int{i}) {
				t.Fatalf("Reclaim returns %v, want %d", vs, i)
			}
		}
	})
}

func TestRecvFutureComposes(t *testing.T) {
	eachKind(t, func(t *testing.T, rt *executor.Runtime) {
		a, b := make(chan int), make(chan int)
		h := executor.Spawn(rt, future.Race(gochan.NewRecv(a), gochan.NewRecv(b)))
		untilWaiting(t, rt, 2)
		put(t, b, 7)
		if w := ok(t, h); w.Index != 1 || w.Value.Value != 7 || !w.Value.OK {
			t.Errorf("Race returns %+v", w)
		}
		untilNoHelper(t, rt)
		late := executor.Spawn(rt, timer.Timeout(time.Millisecond, gochan.NewRecv(a)))
		if r := ok(t, late); !errors.Is(r.Err, core.ErrDeadlineExceeded) {
			t.Errorf("Timeout returns %+v", r)
		}
		untilNoHelper(t, rt)
	})
}

func TestALoopOverAReadyChannelLetsOtherTasksRun(t *testing.T) {
	rt := startRuntime(t)
	type op func(co *coro.Co, ready chan int) error
	for name, step := range map[string]op{
		"Recv": func(co *coro.Co, ready chan int) error { _, _, err := gochan.Recv(co, ready); return err },
		"Send": func(co *coro.Co, ready chan int) error {
			select {
			case <-ready:
			default:
			}
			return gochan.Send(co, ready, 1)
		},
		"Select": func(co *coro.Co, ready chan int) error {
			_, err := gochan.Select(co, gochan.OnRecv(ready, nil))
			return err
		},
		"Default": func(co *coro.Co, ready chan int) error {
			_, err := gochan.Select(co, gochan.OnRecv((<-chan int)(nil), nil), gochan.Default(nil))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			ready := make(chan int, 1)
			if name != "Send" {
				close(ready)
			}
			ok(t, executor.Do(rt.On(0), func(co *coro.Co) error {
				stop := false // both tasks are bound to the worker
				other := executor.Do(executor.On(co, 0), func(co *coro.Co) error { stop = true; return nil })
				for n := 0; !stop; n++ {
					if err := step(co, ready); err != nil {
						return err
					}
					if n > 1<<20 {
						t.Error("the other task does not run")
						break
					}
				}
				_, err := other.Join(co)
				return err
			}))
		})
	}
}

func TestWhatIsReadyAllocatesNothing(t *testing.T) {
	if !modetest.First() || raceEnabled {
		return
	}
	rt := startRuntime(t)
	one(t, rt, func(co *coro.Co) error {
		ch := make(chan int, 1)
		var err error
		n := testing.AllocsPerRun(1000, func() {
			if e := gochan.Send(co, ch, 1); e != nil {
				err = e
			}
			if _, _, e := gochan.Recv(co, ch); e != nil {
				err = e
			}
		})
		if n > 0 {
			t.Errorf("a Send and a Recv that are ready allocate %v times", n)
		}
		return err
	})
}

func TestAFutureIsPolledOnceReady(t *testing.T) {
	rt := startRuntime(t)
	ch := make(chan int, 1)
	ch <- 1
	h := executor.Do(rt, func(co *coro.Co) error {
		f := gochan.NewRecv(ch)
		f.Poll(co.Context())
		f.Poll(co.Context())
		return nil
	})
	panics(t, h, "polled after it completed")
}
