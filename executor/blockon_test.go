package executor_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
)

func TestBlockOnReturnsWithTheRootWhileOthersRunOn(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	g := &gate{}
	h := executor.Spawn[int](rt, g)
	v, err := executor.BlockOn(within(t), rt, future.Ready(7))
	if v != 7 || err != nil {
		t.Fatalf("BlockOn returned %v, %v", v, err)
	}
	g.polled(t, 1)
	if h.Finished() {
		t.Fatal("the other task has ended with the root")
	}
	g.Open()
	joinOK(t, h)
}

// explode is the name that the stack of a panic has to show.
//
//go:noinline
func explode() { panic("boom") }

func wantExplosion(t *testing.T, p *task.PanicError) {
	t.Helper()
	if p.Value != "boom" {
		t.Errorf("the panic's value is %v, want boom", p.Value)
	}
	if !strings.Contains(string(p.Stack), "executor_test.explode") {
		t.Errorf("the panic's stack does not name the function:\n%s", p.Stack)
	}
}

func TestPanicOfTheRootReachesTheCaller(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	roots := map[string]func(){
		"BlockOn": func() {
			executor.BlockOn(context.Background(), rt, future.Func(func(*core.Context) (int, bool) {
				explode()
				return 0, true
			}))
		},
		"Run": func() {
			executor.Run(context.Background(), modetest.Options(executor.Options{}), func(*coro.Co) (int, error) {
				explode()
				return 0, nil
			})
		},
	}
	for name, f := range roots {
		t.Run(name, func(t *testing.T) {
			v, _ := panicOf(f).(error)
			var p *task.PanicError
			if !errors.As(v, &p) {
				t.Fatalf("it panicked with %v, want an error that wraps a *task.PanicError", v)
			}
			wantExplosion(t, p)
			if !contains(v.Error(), " of "+name+"): task panicked: boom", "executor_test.explode") {
				t.Errorf("what is printed does not name the call, or has no stack of the body: %v", v)
			}
		})
	}
	alive(t, rt)
}

func TestBlockOnAbortsTheRootWhenItsContextIsDone(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	g := &gate{}
	go func() {
		g.polled(t, 1)
		cancel(cause)
	}()
	ends(t, "BlockOn", func() {
		if _, err := executor.BlockOn[int](ctx, rt, g); err != cause {
			t.Errorf("BlockOn returned %v, want the cause", err)
		}
		g.droppedOnce(t)
	})
	alive(t, rt)
}

func TestRunAbortsItsBodyWhenItsContextIsDone(t *testing.T) {
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(context.Background())
	unwound := false
	_, err := executor.Run(ctx, modetest.Options(executor.Options{}), func(co *coro.Co) (int, error) {
		defer func() { unwound = true }()
		cancel(cause)
		return coro.Await[int](co, &gate{})
	})
	if err != cause || !unwound {
		t.Fatalf("Run returned %v, want the cause; unwound: %t", err, unwound)
	}
}

func TestRootThatCompletesInSpiteOfItsContextHasCompleted(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	v, err := executor.Run(ctx, modetest.Options(executor.Options{}), func(co *coro.Co) (int, error) {
		cancel(errors.New("enough"))
		<-co.Done()                  // the abort has come
		coro.Await[int](co, &gate{}) // fails, and the body ignores the error
		return 5, nil
	})
	if v != 5 || err != nil {
		t.Fatalf("Run returned %v, %v; want 5", v, err)
	}
}

func TestRunClosesItsRuntimeAndDropsWhatIsLeft(t *testing.T) {
	g := &gate{}
	v, err := executor.Run(within(t), modetest.Options(executor.Options{}), func(co *coro.Co) (string, error) {
		executor.Spawn[int](co, g)
		return "done", co.Yield()
	})
	if v != "done" || err != nil {
		t.Fatalf("Run returned %q, %v", v, err)
	}
	g.droppedOnce(t)
}

func TestRunReturnsTheErrorOfItsBody(t *testing.T) {
	want := errors.New("no luck")
	if _, err := executor.Run(within(t), modetest.Options(executor.Options{}), func(*coro.Co) (int, error) { return 0, want }); err != want {
		t.Fatalf("Run returned %v", err)
	}
}

// Regression: a nested BlockOn took the current executor away from the outer one.
func TestCallsThatWouldBlockTheWorkerAreRefusedInATask(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	g := &gate{}
	calls := map[string]func() error{
		"BlockOn": func() error {
			_, err := executor.BlockOn[int](context.Background(), rt, g)
			return err
		},
		"Run": func() error {
			_, err := executor.Run(context.Background(), modetest.Options(executor.Options{}), func(*coro.Co) (int, error) { return 0, nil })
			return err
		},
		"Shutdown": func() error { return rt.Shutdown(context.Background()) },
		"Close":    func() error { return rt.Close() },
	}
	for name, call := range calls {
		for _, s := range styles {
			t.Run(name+"/"+s.name, func(t *testing.T) {
				g.drops.Store(0)
				var err, deep error
				joinOK(t, s.do(rt, func(core.Spawner) {
					err = call()
					deep = below(200, call)
				}))
				if !errors.Is(err, core.ErrNested) || !errors.Is(deep, core.ErrNested) {
					t.Fatalf("%v, and under a deep stack %v; want ErrNested", err, deep)
				}
				if n := g.drops.Load(); name == "BlockOn" && n != 2 {
					t.Fatalf("the futures of two refused calls were dropped %d times", n)
				}
				alive(t, rt)
			})
		}
	}
}

// below calls f n frames further down.
//
//go:noinline
func below(n int, f func() error) error {
	if n == 0 {
		return f()
	}
	return below(n-1, f)
}

func TestBlockOnInsideTheBlockingPool(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	v := joinOK(t, executor.SpawnBlocking(rt, func() (int, error) {
		return executor.BlockOn(context.Background(), rt, future.Ready(3))
	}))
	if v != 3 {
		t.Fatalf("it returned %d", v)
	}
}

func TestSpawnsAfterCloseAreRefusedAndDropTheFuture(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	if err := rt.Close(); err != nil {
		t.Fatal(err)
	}
	refused := func(t *testing.T, err error) {
		t.Helper()
		if !errors.Is(err, core.ErrShutdown) || !errors.Is(err, core.ErrCancelled) {
			t.Fatalf("the error is %v; it should wrap core.ErrShutdown and core.ErrCancelled", err)
		}
	}
	t.Run("Spawn", func(t *testing.T) {
		g := &gate{}
		_, err := join(t, executor.Spawn[int](rt, g))
		refused(t, err)
		g.droppedOnce(t)
	})
	t.Run("BlockOn", func(t *testing.T) {
		g := &gate{}
		_, err := executor.BlockOn[int](within(t), rt, g)
		refused(t, err)
		g.droppedOnce(t)
	})
	t.Run("Go", func(t *testing.T) {
		_, err := join(t, executor.Go(rt, func(*coro.Co) (int, error) {
			t.Error("the body ran")
			return 0, nil
		}))
		refused(t, err)
	})
	t.Run("SpawnBlocking", func(t *testing.T) {
		_, err := join(t, executor.SpawnBlocking(rt, func() (int, error) {
			t.Error("the function ran")
			return 0, nil
		}))
		refused(t, err)
	})
	t.Run("Runtime.Spawn", func(t *testing.T) {
		if err := rt.Spawn(&task.New(future.Ready(1)).Task); err != core.ErrShutdown {
			t.Fatalf("the error is %v", err)
		}
	})
}
