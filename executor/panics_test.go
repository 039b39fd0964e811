package executor_test

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// Regression: Run and BlockOn panicked because a body had returned an error that wraps a child's JoinError.
func TestRunReturnsTheErrorsOfItsBody(t *testing.T) {
	for name, e := range plays(t) {
		body := func(*coro.Co) (int, error) { return 0, e.play() }
		var err error
		v := panicOf(func() {
			_, err = executor.Run(context.Background(), modetest.Options(executor.Options{}), body)
		})
		if want, panics := strings.CutPrefix(e.want, "panic "); panics {
			var p *task.PanicError
			if err, ok := v.(error); !ok || !errors.As(err, &p) || fmt.Sprint(p.Value) != want || !contains(err.Error(), "ends_test.go") {
				t.Errorf("%s: Run panicked with %v, want %s with its stack", name, v, want)
			}
			continue
		}
		if v != nil {
			t.Errorf("%s: Run panicked with %v", name, v)
		}
		if e.want == "exit" && (!errors.Is(err, core.ErrGoexit) || err == core.ErrGoexit) {
			t.Errorf("%s: Run returned %v, want a JoinError of a Goexit", name, err)
		}
		if e.want == "error" && err != e.play() && err.Error() != e.play().Error() {
			t.Errorf("%s: Run returned %v, want what its body returned", name, err)
		}
	}
}

// Regression: a body that panicked with nil hung, and a future that did was taken for one that had exited.
func TestPanicWithNilIsAPanic(t *testing.T) {
	t.Setenv("GODEBUG", "panicnil=1")
	nothing := func() { panic(nil) }
	rt := startRuntime(t, executor.Options{})
	want := func(name string, p *task.PanicError) {
		t.Helper()
		if p.Value != nil || !contains(string(p.Stack), "panics_test.go") {
			t.Errorf("%s: the value is %v, the stack %s", name, p.Value, p.Stack)
		}
	}
	want("poll", joinPanicked(t, executor.Spawn(rt, onFirstPoll(nothing))))
	want("direct", joinPanicked(t, executor.Go(rt, func(co *coro.Co) (int, error) { co.Yield(); nothing(); return 0, nil })))
	want("blocking", joinPanicked(t, executor.SpawnBlocking(rt, func() (int, error) { nothing(); return 0, nil })))
	g := &gate{inDrop: nothing}
	h := executor.Spawn[int](rt, g)
	g.polled(t, 1)
	h.Abort()
	want("drop", joinPanicked(t, h))
	last := &gate{inDrop: nothing}
	h = executor.Spawn[int](rt, last)
	last.polled(t, 1)
	alive(t, rt)
	closeRuntime(t, rt)
	want("drop at Close", joinPanicked(t, h))
}

// Functions on the pool, whose task has been aborted before they panic, or before it takes what they did.
func TestPanicsOfFunctionsThatNobodyWaitsForAreSeen(t *testing.T) {
	for _, when := range []string{"aborted", "closed before", "closed after"} {
		t.Run(when, func(t *testing.T) {
			var logged log
			var told atomic.Int64
			for i, opts := range []executor.Options{
				{Logger: logged.logger()},
				{OnPanic: func(_ executor.TaskInfo, p *task.PanicError) {
					if p.Value == "boom" {
						told.Add(1)
					}
				}},
			} {
				rt := startRuntime(t, opts)
				begun, release := make(chan struct{}), make(chan struct{})
				h := executor.Go(rt.On(0), func(co *coro.Co) (int, error) {
					return executor.Blocking(co, func() (int, error) {
						close(begun)
						<-release
						explode()
						return 0, nil
					})
				})
				receive(t, "the function begins", begun)
				switch when {
				case "aborted":
					h.Abort()
					joinCancelled(t, h)
					close(release)
				case "closed before":
					go func() {
						<-h.Done()
						close(release)
					}()
					closeRuntime(t, rt)
					joinCancelled(t, h)
				case "closed after": // usually the task has not taken the panic yet
					free := hold(t, rt)
					close(release)
					eventually(t, "the function ends", func() bool { return rt.Stats().BlockingRunning == 0 })
					go func() {
						<-rt.Draining()
						free()
					}()
					closeRuntime(t, rt)
				}
				eventually(t, "it is counted", func() bool { return rt.Stats().Panicked == 1 })
				if i == 1 {
					eventually(t, "OnPanic is told", func() bool { return told.Load() == 1 })
					continue
				}
				var text string
				eventually(t, "it is logged", func() bool { text += logged.take(); return text != "" })
				if !contains(text, "level=ERROR", "boom", "executor_test.explode", fmt.Sprintf("task=%d", h.ID())) {
					t.Errorf("the log has %q", text)
				}
			}
		})
	}
}

// A Serve has such handlers: no join waits for them, but OnEnd has a function for their end.
func TestAPanicIsLoggedThoughOnEndWatches(t *testing.T) {
	var logged log
	rt := startRuntime(t, executor.Options{Logger: logged.logger()})
	release := hold(t, rt)
	h := executor.Go(executor.Named(rt, "handler"), func(*coro.Co) (int, error) { explode(); return 0, nil })
	ended := make(chan struct{})
	h.OnEnd(func() { close(ended) })
	release()
	receive(t, "the end", ended)
	if text := logged.take(); !contains(text, "level=ERROR", "boom", "handler", "executor_test.explode") {
		t.Errorf("the log has %q", text)
	}
}

func TestPanicsOfWhatTheEndOfATaskCallsAreSeen(t *testing.T) {
	for _, at := range []string{"its end", "Close"} {
		var logged log
		rt := startRuntime(t, executor.Options{Logger: logged.logger()})
		g := &gate{}
		h := executor.Spawn[int](rt, g)
		h.OnEnd(explode)
		g.polled(t, 1)
		if at == "Close" {
			closeRuntime(t, rt)
		} else {
			g.Open()
		}
		eventually(t, "it is counted", func() bool { return rt.Stats().Panicked == 1 })
		var text string
		eventually(t, "it is logged", func() bool { text += logged.take(); return text != "" })
		if !contains(text, "level=ERROR", "boom", fmt.Sprintf("task=%d", h.ID()), "executor_test.explode") {
			t.Errorf("at %s: the log has %q", at, text)
		}
	}
}

// A body that ends hands its worker on, and what its end calls is called by the worker: the task ends once all the same.
func TestWhatTheEndOfABodyCallsMayPanicOrExit(t *testing.T) {
	for name, fail := range map[string]func(){"panic": explode, "Goexit": runtime.Goexit} {
		var logged log
		rt := startRuntime(t, executor.Options{Workers: 1, Logger: logged.logger()})
		root := executor.Go(rt, func(co *coro.Co) (n int, err error) {
			var hs []joinhandle.JoinHandle[int]
			for range 10 {
				h := executor.Go(co, func(co *coro.Co) (int, error) { return 1, co.Yield() })
				h.OnEnd(fail)
				hs = append(hs, h)
			}
			for _, h := range hs {
				v, err := h.Join(co)
				if err != nil {
					return 0, err
				}
				n += v
			}
			return n, nil
		})
		if n := joinOK(t, root); n != 10 {
			t.Errorf("%s: have %d, want 10", name, n)
		}
		eventually(t, name+": every task is counted once", func() bool {
			s := rt.Stats()
			return s.Live == 0 && s.Completed == 11 && (s.Panicked == 10) == (name == "panic")
		})
	}
}

func init() {
	propagated := func(after func(rt *executor.Runtime)) func() {
		return func() {
			rt, err := executor.New(executor.Options{Panics: executor.Propagate})
			if err != nil {
				panic(err)
			}
			after(rt)
			time.Sleep(time.Minute) // the process has ended before
		}
	}
	children["propagate in a deferred function at Close"] = propagated(func(rt *executor.Runtime) {
		waits := make(chan struct{})
		executor.Go(rt, func(co *coro.Co) (int, error) {
			defer explode()
			close(waits)
			return 0, coro.Sleep(co, time.Hour)
		})
		<-waits
		rt.Close()
	})
	children["propagate in Drop at Close"] = propagated(func(rt *executor.Runtime) {
		g := &gate{inDrop: explode}
		executor.Spawn[int](rt, g)
		for g.polls.Load() == 0 {
			time.Sleep(time.Millisecond)
		}
		rt.Close()
	})
	children["propagate in OnEnd"] = propagated(func(rt *executor.Runtime) {
		registered := make(chan struct{})
		h := executor.Go(rt, func(co *coro.Co) (int, error) { <-registered; return 0, co.Yield() })
		h.OnEnd(explode) // before the end: after it, OnEnd calls explode itself
		close(registered)
	})
	children["propagate in a function that nobody waits for"] = propagated(func(rt *executor.Runtime) {
		begun, release := make(chan struct{}), make(chan struct{})
		h := executor.SpawnBlocking(rt, func() (int, error) { close(begun); <-release; explode(); return 0, nil })
		<-begun
		h.Abort()
		<-h.Done()
		close(release)
	})
	children["Run of a body that panics"] = func() {
		executor.Run(context.Background(), executor.Options{}, func(co *coro.Co) (int, error) {
			explode()
			return 0, nil
		})
	}
}

// Regression: none of these ended the process, or showed where the panic was.
func TestWhatEndsTheProcessShowsTheStackOfThePanic(t *testing.T) {
	if !modetest.First() {
		return // a process of its own has no mode
	}
	for _, name := range []string{
		"propagate in a deferred function at Close", "propagate in Drop at Close", "propagate in OnEnd",
		"propagate in a function that nobody waits for", "Run of a body that panics",
	} {
		out, err := child(t, name)
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 2 {
			t.Errorf("%s: the process ended with %v, want exit code 2", name, err)
		}
		if !contains(out, "panic: ", "task panicked: boom", "executor_test.explode") {
			t.Errorf("%s: it wrote\n%s", name, out)
		}
	}
}
