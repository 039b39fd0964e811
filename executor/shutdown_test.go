package executor_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

var errEnough = errors.New("enough")

// shutdown calls rt.Shutdown and returns where its error will be.
func shutdown(ctx context.Context, rt *executor.Runtime) <-chan error {
	result := make(chan error, 1)
	go func() { result <- rt.Shutdown(ctx) }()
	return result
}

// refusing waits until rt takes no more tasks.
func refusing(t *testing.T, rt *executor.Runtime) {
	t.Helper()
	eventually(t, "spawns are refused", func() bool {
		return rt.Spawn(&task.New(future.Ready(0)).Task) == core.ErrShutdown
	})
}

func TestShutdownLetsTheTasksEnd(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	a, b := &gate{}, &gate{}
	hA := executor.Spawn[int](rt, a)
	hB := executor.Go(rt, func(co *coro.Co) (int, error) { return coro.Await[int](co, b) })
	result := shutdown(within(t), rt)
	refusing(t, rt)
	a.polled(t, 1)
	b.polled(t, 1)
	a.Open()
	joinOK(t, hA)
	if hB.Finished() {
		t.Error("a task was ended while the context was not done")
	}
	select {
	case err := <-result:
		t.Errorf("Shutdown returned %v while a task ran", err)
	default:
	}
	b.Open()
	joinOK(t, hB)
	if err := receive(t, "Shutdown", result); err != nil {
		t.Fatalf("Shutdown returned %v", err)
	}
	if a.drops.Load()+b.drops.Load() != 0 {
		t.Error("a future that was ready was dropped")
	}
}

// Regression: unfinished futures were never dropped.
func TestShutdownAbortsWhatIsLeftWhenItsContextEnds(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	ctx, cancel := context.WithCancelCause(context.Background())
	var gates []*gate
	var handles []joinhandle.JoinHandle[int]
	for i := range 100 {
		g := &gate{}
		gates = append(gates, g)
		handles = append(handles, await(rt, []string{"poll", "direct"}[i%2], g))
		g.polled(t, 1)
	}
	result := shutdown(ctx, rt)
	refusing(t, rt)
	cancel(errEnough)
	if err := receive(t, "Shutdown", result); !errors.Is(err, errEnough) {
		t.Fatalf("Shutdown returned %v, want the cause", err)
	}
	for i, g := range gates {
		g.droppedOnce(t) // by the end of Shutdown, not later
		if !handles[i].Finished() {
			t.Fatal("a join is not resolved")
		}
		joinCancelled(t, handles[i])
	}
}

// A task whose worker has not taken it from the inbox yet is aborted with the others, and does not
// run on until the grace is over.
func TestShutdownAbortsTasksThatTheWorkerHasNotSeen(t *testing.T) {
	rt := startRuntime(t, executor.Options{CleanupGrace: time.Hour})
	witness := &gate{}
	slot := task.New[int](witness)
	if err := rt.Spawn(&slot.Task); err != nil {
		t.Fatal(err)
	}
	witness.polled(t, 1)
	release := hold(t, rt)
	g := &gate{}
	h := executor.Spawn[int](rt, g)
	result := shutdown(ended(errEnough), rt)
	// The tasks that the worker knows of are listed, then aborted.
	eventually(t, "the others are aborted", slot.AbortRequested)
	release()
	if err := receive(t, "Shutdown", result); !errors.Is(err, errEnough) {
		t.Fatalf("Shutdown returned %v", err)
	}
	joinCancelled(t, h)
	g.polled(t, 0)
	g.droppedOnce(t)
}

func TestShieldedCleanUpHasItsGrace(t *testing.T) {
	rt := startRuntime(t, executor.Options{CleanupGrace: time.Hour})
	g := &gate{}
	cleaned := false
	h := executor.Go(rt, func(co *coro.Co) (int, error) {
		defer coro.Shield(co, func(co *coro.Co) error {
			err := coro.Sleep(co, 2*time.Millisecond)
			cleaned = err == nil
			return err
		})
		return coro.Await[int](co, g)
	})
	g.polled(t, 1)
	if err := receive(t, "Shutdown", shutdown(ended(errEnough), rt)); !errors.Is(err, errEnough) {
		t.Fatalf("Shutdown returned %v", err)
	}
	joinCancelled(t, h)
	if !cleaned {
		t.Error("the clean-up was cut short")
	}
}

func TestCleanUpIsDroppedWhenItsGraceIsOver(t *testing.T) {
	closes := map[string]func(rt *executor.Runtime) error{
		"a short grace": func(rt *executor.Runtime) error { return rt.Shutdown(ended(errEnough)) },
		"Close":         func(rt *executor.Runtime) error { rt.Close(); return errEnough },
	}
	for name, end := range closes {
		t.Run(name, func(t *testing.T) {
			rt := startRuntime(t, executor.Options{CleanupGrace: 5 * time.Millisecond})
			g, cleanUp := &gate{}, &gate{}
			var order []string
			h := executor.Go(rt, func(co *coro.Co) (int, error) {
				defer func() { order = append(order, "outer") }()
				defer coro.Shield(co, func(co *coro.Co) error {
					defer func() { order = append(order, "inner") }()
					_, err := coro.Await[int](co, cleanUp) // for ever
					return err
				})
				return coro.Await[int](co, g)
			})
			g.polled(t, 1)
			ends(t, "the end of the runtime", func() {
				if err := end(rt); !errors.Is(err, errEnough) {
					t.Errorf("it returned %v", err)
				}
			})
			joinCancelled(t, h)
			cleanUp.droppedOnce(t)
			if len(order) != 2 || order[0] != "inner" {
				t.Errorf("deferred functions that ran: %v", order)
			}
		})
	}
}

func TestShutdownWithoutTimeOrGrace(t *testing.T) {
	rt := startRuntime(t, executor.Options{CleanupGrace: -1})
	g, shielded := &gate{}, &gate{}
	h := executor.Spawn[int](rt, g)
	h2 := executor.Go(rt, func(co *coro.Co) (int, error) {
		return 0, coro.Shield(co, func(co *coro.Co) error {
			_, err := coro.Await[int](co, shielded)
			return err
		})
	})
	g.polled(t, 1)
	shielded.polled(t, 1)
	if err := receive(t, "Shutdown", shutdown(ended(errEnough), rt)); !errors.Is(err, errEnough) {
		t.Fatalf("Shutdown returned %v", err)
	}
	joinCancelled(t, h)
	joinCancelled(t, h2)
	g.droppedOnce(t)
	shielded.droppedOnce(t)
}

func TestSecondShutdownReturnsErrClosedOnceTheFirstIsThrough(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	g := &gate{}
	executor.Spawn[int](rt, g)
	first := shutdown(within(t), rt)
	refusing(t, rt)
	type second struct {
		err  error
		over bool
	}
	results := make(chan second, 2)
	for _, call := range []func() error{rt.Close, func() error { return rt.Shutdown(ended(errEnough)) }} {
		go func() {
			err := call()
			s := second{err: err}
			select {
			case <-rt.Done():
				s.over = true
			default:
			}
			results <- s
		}()
	}
	g.polled(t, 1)
	g.Open()
	if err := receive(t, "the first", first); err != nil {
		t.Errorf("the first returned %v", err)
	}
	for range 2 {
		if s := receive(t, "the second", results); s.err != executor.ErrClosed || !s.over {
			t.Errorf("the second returned %v; the runtime was closed by then: %t", s.err, s.over)
		}
	}
	if err := rt.Close(); err != executor.ErrClosed || !errors.Is(err, core.ErrClosed) {
		t.Errorf("Close after the end returned %v", err)
	}
}

func TestShutdownOfAnIdleRuntime(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	settled(t, rt)
	if err := receive(t, "Shutdown", shutdown(context.Background(), rt)); err != nil {
		t.Errorf("Shutdown returned %v", err)
	}
}

// A stop that is requested while a task is polled is seen, though the worker had reason to park
// right after that poll.
func TestCloseWhileATaskIsPolled(t *testing.T) {
	for range 200 {
		rt := startRuntime(t, executor.Options{})
		release := hold(t, rt)
		g := &gate{}
		executor.Spawn[int](rt, g)
		closed := make(chan error, 1)
		go func() { closed <- rt.Close() }()
		refusing(t, rt)
		release()
		if err := receive(t, "Close", closed); err != nil {
			t.Fatal(err)
		}
		g.droppedOnce(t)
	}
}
