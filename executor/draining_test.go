package executor_test

import (
	"errors"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// The ways in which a task learns that the drain begins.
var drainWaits = map[string]func(s core.Spawner) joinhandle.JoinHandle[int]{
	"the future, poll style": func(s core.Spawner) joinhandle.JoinHandle[int] {
		return executor.Spawn(s, future.Map(executor.Draining(), func(struct{}) int { return 1 }))
	},
	"the future, direct style": func(s core.Spawner) joinhandle.JoinHandle[int] {
		return executor.Go(s, func(co *coro.Co) (int, error) {
			_, err := coro.Await(co, executor.Draining())
			if !executor.IsDraining(co) {
				return 0, errors.New("it does not drain")
			}
			return 1, err
		})
	},
	"the future beside another": func(s core.Spawner) joinhandle.JoinHandle[int] {
		return executor.Go(s, func(co *coro.Co) (int, error) {
			r, err := coro.Await(co, future.Select2(future.Pending[int](), executor.Draining()))
			if err == nil && r.Index != 1 {
				return 0, errors.New("the other was ready")
			}
			return 1, err
		})
	},
	"a scope": func(s core.Spawner) joinhandle.JoinHandle[int] {
		return executor.Go(s, func(co *coro.Co) (int, error) {
			err := executor.UntilDrain(co, func(co *coro.Co) error { return coro.Sleep(co, time.Hour) })
			if !errors.Is(err, executor.ErrDraining) || !errors.Is(err, core.ErrCancelled) {
				return 0, errors.Join(errors.New("it ended otherwise"), err)
			}
			return 1, coro.Sleep(co, time.Microsecond) // the task itself goes on
		})
	},
}

// Regression: tasks did not learn that the runtime ends.
func TestTasksAreToldThatTheDrainBegins(t *testing.T) {
	for name, wait := range drainWaits {
		t.Run(name, func(t *testing.T) {
			rt := startRuntime(t, executor.Options{})
			var handles []joinhandle.JoinHandle[int]
			for i := range 4 * rt.Workers() {
				handles = append(handles, wait(rt.On(i%rt.Workers())), wait(rt))
			}
			late := &gate{}
			h := executor.Go(rt, func(co *coro.Co) (int, error) {
				if _, err := coro.Await[int](co, late); err != nil {
					return 0, err
				}
				return wait(co).Join(co) // it drains already
			})
			late.polled(t, 1)
			settled(t, rt)
			for _, h := range handles {
				if h.Finished() {
					t.Fatal("a task was told before the drain")
				}
			}
			select {
			case <-rt.Draining():
				t.Fatal("the channel is closed before the drain")
			default:
			}
			result := shutdown(within(t), rt)
			receive(t, "the channel closes", rt.Draining())
			for _, h := range handles {
				joinOK(t, h)
			}
			late.Open()
			joinOK(t, h)
			if err := receive(t, "Shutdown", result); err != nil {
				t.Errorf("Shutdown returned %v", err)
			}
		})
	}
}

func TestCloseBeginsTheDrainToo(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	closeRuntime(t, rt)
	receive(t, "the channel", rt.Draining())
}

// What is given up is in no list any more.
func TestWaitingForTheDrainThatIsGivenUpLeavesNothingBehind(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	waits := map[string]func(co *coro.Co) error{
		"the future": func(co *coro.Co) error {
			return coro.WithTimeout(co, time.Microsecond, func(co *coro.Co) error {
				_, err := coro.Await(co, executor.Draining())
				return err
			})
		},
		"a race": func(co *coro.Co) error {
			_, err := coro.Await(co, future.Select2(executor.Draining(), future.Ready(1)))
			return err
		},
		"a scope": func(co *coro.Co) error {
			return executor.UntilDrain(co, func(co *coro.Co) error { return co.Yield() })
		},
	}
	for name, wait := range waits {
		joinOK(t, executor.Go(rt, func(co *coro.Co) (int, error) { wait(co); return 0, nil }))
		if n := executor.DrainHooks(rt); n != 0 {
			t.Errorf("%s: %d hooks are left", name, n)
		}
	}
	h := executor.Spawn(rt, future.Map(executor.Draining(), func(struct{}) int { return 1 }))
	eventually(t, "it waits", func() bool { return executor.DrainHooks(rt) == 1 })
	h.Abort()
	joinCancelled(t, h)
	if n := executor.DrainHooks(rt); n != 0 {
		t.Errorf("after an abort %d hooks are left", n)
	}
}

// One Drain may be polled in one task and then in another.
func TestADrainThatIsPolledElsewhereWakesTheTaskThatPolledItLast(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	d := executor.Draining()
	for i := range rt.Workers() {
		joinOK(t, executor.Spawn(rt.On(i), future.Func(func(cx *core.Context) (int, bool) {
			_, ok := d.Poll(cx)
			return 0, !ok
		})))
	}
	if n := executor.DrainHooks(rt); n != 1 {
		t.Errorf("%d hooks, want 1", n)
	}
	h := executor.Spawn(rt, future.Map(d, func(struct{}) int { return 1 }))
	settled(t, rt)
	if err := receive(t, "Shutdown", shutdown(within(t), rt)); err != nil {
		t.Errorf("Shutdown returned %v", err)
	}
	joinOK(t, h)
}

func TestDrainingOutsideARuntime(t *testing.T) {
	h := coretest.New(1)
	defer h.Close()
	if executor.IsDraining(h) {
		t.Error("what is no runtime drains")
	}
	for name, f := range map[string]func(co *coro.Co){
		"the future": func(co *coro.Co) { coro.Await(co, executor.Draining()) },
		"a scope":    func(co *coro.Co) { executor.UntilDrain(co, func(*coro.Co) error { return nil }) },
	} {
		j := executor.Go(h, func(co *coro.Co) (int, error) { f(co); return 0, nil })
		h.Run()
		var je *joinhandle.JoinError
		if r, _ := j.TryJoin(); !errors.As(r.Err, &je) || !je.Panicked() {
			t.Errorf("%s: have %v, want a panic", name, r.Err)
		}
	}
	if v := panicOf(func() { executor.UntilDrain(nil, nil) }); v != "executor: UntilDrain with a nil body" {
		t.Errorf("UntilDrain with a nil body panicked with %v", v)
	}
}
