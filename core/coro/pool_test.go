package coro_test

import (
	"bytes"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
)

func TestACoroutineServesOneBodyAfterTheOther(t *testing.T) {
	tests := []struct {
		name  string
		body  func(co *coro.Co) error
		abort bool
		reuse bool
	}{
		{"returns", func(*coro.Co) error { return nil }, false, true},
		{"suspends and returns", (*coro.Co).Yield, false, true},
		{"fails", func(*coro.Co) error { return errCause }, false, true},
		{"panics", func(*coro.Co) error { panic("boom") }, false, true},
		{"suspends and panics", func(co *coro.Co) error { co.Yield(); panic("boom") }, false, true},
		{"is aborted", forever, true, true},
		{"is unwound by force", func(co *coro.Co) error {
			for {
				forever(co)
			}
		}, true, false},
		{"exits", func(*coro.Co) error { runtime.Goexit(); return nil }, false, false},
		{"suspends and exits", func(co *coro.Co) error { co.Yield(); runtime.Goexit(); return nil }, false, false},
		{"exits and panics", func(*coro.Co) error { defer panic("boom"); runtime.Goexit(); return nil }, false, false},
		{"panics and exits", func(*coro.Co) error { defer runtime.Goexit(); panic("boom") }, false, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := newHost(t)
			var first, second any
			s := spawn(t, h, func(co *coro.Co) (int, error) {
				first = coro.CoroutineOf(co)
				return 0, test.body(co)
			})
			settle(h)
			if test.abort {
				s.Abort()
				settle(h)
			}
			take(t, s)
			want := 0
			if test.reuse {
				want = 1
			}
			if n := h.Coroutines().Idle(); n != want {
				t.Errorf("%d coroutines idle, want %d", n, want)
			}
			next := spawn(t, h, func(co *coro.Co) (int, error) {
				second = coro.CoroutineOf(co)
				return 7, co.Yield()
			})
			settle(h)
			if v, err := take(t, next); v != 7 || err != nil {
				t.Errorf("the next body: have %d, %v", v, err)
			}
			if (first == second) != test.reuse {
				t.Errorf("the next body is on the same coroutine: %t", first == second)
			}
		})
	}
}

func TestIdleCoroutinesAreBounded(t *testing.T) {
	for _, test := range []struct{ limit, want int }{{0, 20}, {3, 3}, {-1, 0}} {
		before := coroutines()
		w := newWorker(t, coro.NewPool(test.limit, false))
		g := make([]*gate, 20)
		for i := range g {
			g[i] = new(gate)
			spawn(t, w, func(co *coro.Co) (int, error) { return coro.Await(co, g[i]) })
		}
		w.run()
		if n := coroutines() - before; n < len(g) {
			t.Errorf("%d goroutines for %d parked bodies", n, len(g))
		}
		for _, g := range g {
			g.open(0)
		}
		w.run()
		if n := w.pool.Idle(); n != test.want {
			t.Errorf("limit %d: %d idle, want %d", test.limit, n, test.want)
		}
		if n := coroutines() - before; n != test.want {
			t.Errorf("limit %d: %d goroutines, want %d", test.limit, n, test.want)
		}
		w.pool.Close()
		if n := coroutines() - before; n != 0 || w.pool.Idle() != 0 {
			t.Errorf("limit %d: after Close %d goroutines, %d idle", test.limit, n, w.pool.Idle())
		}
		s := spawn(t, w, func(*coro.Co) (int, error) { return 7, nil })
		w.run()
		if v, _ := take(t, s); v != 7 || w.pool.Idle() != 0 {
			t.Errorf("limit %d: a body after Close: %d, and %d idle", test.limit, v, w.pool.Idle())
		}
	}
	if coro.DefaultIdle < 20 {
		t.Error("a limit of 0 was to be DefaultIdle")
	}
}

// coroutines counts the goroutines that are coroutines, and not those of other tests that are about to end.
func coroutines() int {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	return bytes.Count(stacks, []byte("\n"+coro.LoopName+"("))
}

func TestAHostWithoutAPool(t *testing.T) {
	before := coroutines()
	w := newWorker(t, coro.NewPool(0, false))
	cx := core.NewContext(struct{ core.Host }{w})
	for range 3 {
		s := coro.New(func(co *coro.Co) (int, error) {
			coro.CheckNext(co)
			return 7, co.Yield()
		})
		s.ForHost().Bind(&w.home, 1)
		for s.ForHost().Run(cx) == core.Again {
		}
		if v, err := take(t, s); v != 7 || err != nil {
			t.Errorf("have %d, %v", v, err)
		}
	}
	if n := coroutines() - before; n != 0 || w.pool.Idle() != 0 {
		t.Errorf("%d goroutines left, %d idle", n, w.pool.Idle())
	}
}

func TestAPanicEndsTheTaskWithItsValueAndStack(t *testing.T) {
	var nothing *int
	tests := []struct {
		name  string
		body  func(co *coro.Co)
		text  string
		stack string
	}{
		{"a string", panicInHere, "task panicked: boom", "coro_test.panicInHere"},
		{"an error", func(*coro.Co) { panic(errCause) }, "task panicked: cause", "coro_test.Test"},
		{"a run-time error", func(*coro.Co) { *nothing++ }, "task panicked: runtime error: ", "coro_test.Test"},
		{"nil", func(*coro.Co) { panic(nil) }, "task panicked: panic called with nil argument", "coro_test.Test"},
		{"after a suspension", func(co *coro.Co) { co.Yield(); panicInHere(co) }, "task panicked: boom", "coro_test.panicInHere"},
	}
	for _, test := range tests {
		var p *task.PanicError
		v, err := run(t, func(co *coro.Co) (int, error) { test.body(co); return 7, nil })
		if v != 0 || !errors.As(err, &p) || !strings.HasPrefix(err.Error(), test.text) {
			t.Errorf("%s: have %d, %v", test.name, v, err)
			continue
		}
		if !strings.Contains(string(p.Stack), test.stack) {
			t.Errorf("%s: the stack does not name %s:\n%s", test.name, test.stack, p.Stack)
		}
	}
	_, err := run(t, func(*coro.Co) (int, error) { panic(errCause) })
	if !errors.Is(err, errCause) {
		t.Errorf("an error that was the value of a panic is not found: %v", err)
	}
}

//go:noinline
func panicInHere(*coro.Co) { panic("boom") }

// testing.T.FailNow ends its goroutine with runtime.Goexit. In a body that ends the task.
func TestGoexitEndsTheTaskAndNotTheWorker(t *testing.T) {
	h := newHost(t)
	unwound := false
	exits := spawn(t, h, func(co *coro.Co) (int, error) {
		defer func() { unwound = true }()
		func() {
			defer func() { recover() }()
			co.Yield()
			runtime.Goexit()
		}()
		t.Error("it went on")
		return 1, nil
	})
	goes := spawn(t, h, func(co *coro.Co) (int, error) {
		for range 5 {
			co.Yield()
		}
		return 7, nil
	})
	h.Run()
	if _, err := take(t, exits); err != core.ErrGoexit || exits.State() != task.Completed || !unwound {
		t.Errorf("have %v, %v, unwound %t", err, exits.State(), unwound)
	}
	if v, err := take(t, goes); v != 7 || err != nil {
		t.Errorf("the other task: have %d, %v", v, err)
	}
}

// A body may leave its goroutine locked to a thread, at a suspension or at its end. Package iter requires that the
// lock is then as it was before, or the process ends; the coroutine restores it.
func TestThreadLocksAreUndoneAtEachSuspension(t *testing.T) {
	ends := map[string]func(){
		"returns": func() {},
		"panics":  func() { panic("boom") },
		"exits":   runtime.Goexit,
		"exits and panics": func() {
			defer panic("boom")
			runtime.Goexit()
		},
	}
	for name, end := range ends {
		for n := 1; n <= 8; n++ { // the package comment promises eight
			w := newWorker(t, coro.NewPool(0, false))
			lock := func() {
				for range n {
					runtime.LockOSThread()
				}
			}
			s := spawn(t, w, func(co *coro.Co) (int, error) {
				defer lock()
				lock()
				co.Yield()
				coro.WithTimeout(co, time.Hour, func(co *coro.Co) error {
					lock()
					return co.Yield()
				})
				runtime.UnlockOSThread() // of a lock that is gone
				end()
				return 0, nil
			})
			w.run()
			if !s.Finished() {
				t.Errorf("%s after %d locks: not finished", name, n)
			}
			next := spawn(t, w, func(co *coro.Co) (int, error) { return 7, co.Yield() })
			w.run()
			if v, err := take(t, next); v != 7 || err != nil {
				t.Errorf("%s after %d locks: the next body: have %d, %v", name, n, v, err)
			}
			w.pool.Close()
		}
	}
}

// A future may leave the worker's goroutine locked to its thread. A coroutine that remembers the lock can be resumed
// with it only.
//
// Regression: the process ended with "OS thread locking must match locking at coroutine creation".
func TestACoroutineIsMadeWithoutTheThreadLockOfAFuture(t *testing.T) {
	for n := 1; n <= 8; n++ {
		w := newWorker(t, coro.NewPool(-1, false))
		locks := task.New(future.Func(func(*core.Context) (int, bool) {
			for range n {
				runtime.LockOSThread()
			}
			return 0, true
		}))
		locks.ForHost().Bind(&w.home, 1)
		w.queue.Push(&locks.Task)
		s := spawn(t, w, func(co *coro.Co) (int, error) { return 7, co.Yield() })
		w.run()
		if v, err := take(t, s); v != 7 || err != nil {
			t.Errorf("after %d locks: have %d, %v", n, v, err)
		}
	}
}

// A worker that is locked to its thread shares it with its coroutines, also with those that are
// only there to be disposed of.
func TestAWorkerThatIsLockedToItsThread(t *testing.T) {
	bodies := map[string]func(co *coro.Co) error{
		"returns": func(*coro.Co) error { return nil },
		"yields":  (*coro.Co).Yield,
		"panics":  func(*coro.Co) error { panic("boom") },
		"exits":   func(co *coro.Co) error { co.Yield(); runtime.Goexit(); return nil },
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for _, limit := range []int{-1, 0, 1} {
			w := newWorker(t, coro.NewPool(limit, true))
			for range 3 {
				for name, body := range bodies {
					s := spawn(t, w, func(co *coro.Co) (int, error) { return 0, body(co) })
					w.run()
					if !s.Finished() {
						t.Errorf("a body that %s: not finished", name)
					}
				}
			}
			w.pool.Close()
		}
	}()
	<-done
}

func TestABodyMayRecurseDeeply(t *testing.T) {
	var down func(co *coro.Co, n int) (int, error)
	down = func(co *coro.Co, n int) (int, error) {
		var frame [64]int
		frame[n%64] = n
		if n == 0 {
			return 0, co.Yield()
		}
		if n%100 == 0 {
			if err := co.Yield(); err != nil {
				return 0, err
			}
		}
		v, err := down(co, n-1)
		return v + frame[n%64], err
	}
	const n = 5000 // 3 MiB
	if v, err := run(t, func(co *coro.Co) (int, error) { return down(co, n) }); v != n*(n+1)/2 || err != nil {
		t.Errorf("have %d, %v", v, err)
	}
}

// A body continues on any worker that polls its task, and its coroutine goes to the pool of the last one.
func TestABodyMovesBetweenWorkers(t *testing.T) {
	const workers, bodies, rounds = 3, 4, 300
	var ws [workers]*worker
	for i := range ws {
		ws[i] = newWorker(t, coro.NewPool(0, false))
	}
	var slots []*task.Slot[int]
	for range bodies {
		slots = append(slots, spawn(t, ws[0], func(co *coro.Co) (int, error) {
			seen := map[core.Host]int{}
			for range rounds {
				seen[co.Context().Host()]++
				if err := co.Yield(); err != nil {
					return 0, err
				}
			}
			return len(seen), nil
		}))
	}
	// In each round every worker has some of the tasks and polls them, all workers at once.
	for ws[0].queue.Len()+ws[1].queue.Len()+ws[2].queue.Len() > 0 {
		var wg sync.WaitGroup
		for _, w := range ws {
			wg.Go(func() {
				for range w.queue.Len() {
					w.step()
				}
			})
		}
		wg.Wait()
		first := ws[0].queue.Pop() // the queues go round, one task stays out of step
		all := []*task.Queue{&ws[0].queue, &ws[1].queue, &ws[2].queue}
		*all[0], *all[1], *all[2] = *all[1], *all[2], *all[0]
		if first != nil {
			all[1].Push(first)
		}
	}
	idle := 0
	for i, s := range slots {
		if v, err := take(t, s); v != workers || err != nil {
			t.Errorf("body %d: was on %d workers, %v", i, v, err)
		}
	}
	for _, w := range ws {
		idle += w.pool.Idle()
	}
	if idle != bodies || ws[0].pool.Idle() == bodies {
		t.Errorf("%d coroutines idle, %d of them where they were made", idle, ws[0].pool.Idle())
	}
}
