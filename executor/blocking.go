package executor

import (
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// Blocking runs f on the blocking pool and suspends the body of co until f has returned. It returns the result of f, or
// core.ErrShutdown if the pool has closed.
//
// If co is cancelled first, Blocking returns the cause. Then f is not started if it has not begun, and otherwise runs on
// and its result is lost; use [BlockingOwned] for a result that must be closed. A panic of f panics in the body, with the
// *task.PanicError that holds its stack.
func Blocking[T any](co *coro.Co, f func() (T, error)) (T, error) {
	if f == nil {
		panic("executor: Blocking with a nil function")
	}
	b := &blocking[T]{f: f}
	r, err := coro.Await[core.Result[T]](co, b)
	if err != nil {
		return r.Value, err
	}
	return r.Value, r.Err
}

// SpawnBlocking runs f on the blocking pool of rt, in a task, and returns the handle of the task. An abort discards f if
// it has not begun; nothing can stop an f that runs, and its result is lost then.
func SpawnBlocking[T any](rt *Runtime, f func() (T, error)) joinhandle.JoinHandle[T] {
	if f == nil {
		panic("executor: SpawnBlocking with a nil function")
	}
	body := func(co *coro.Co) (T, error) { return Blocking(co, f) }
	return start("SpawnBlocking", rt, coro.NewCalling(f, body))
}

// A blocking is the future of a function on the pool.
//
//	new → submitted ─→ done
//	          └─────→ abandoned
//
// The pool's goroutine writes the output, then sets done; the task reads the output after that. Drop sets abandoned. A
// panic of f that the task does not take is reported by the later of the two: the pool if it finds abandoned, Drop if
// it finds done.
type blocking[T any] struct {
	f        func() (T, error)
	rt       *Runtime
	job      *blockingJob
	task     TaskInfo
	result   core.Result[T]
	panicked *task.PanicError // nil once the task has taken it
	state    atomic.Uint32
}

const (
	submitted uint32 = iota
	done
	abandoned
)

func (b *blocking[T]) Poll(cx *core.Context) (core.Result[T], bool) {
	if b.job == nil {
		w, ok := cx.Worker().(*worker)
		if !ok {
			panic("executor: Blocking outside a runtime of this package")
		}
		b.rt = w.rt
		waker := cx.Waker() // kept for all polls: only coro.Await polls b
		b.job = &blockingJob{run: func() { b.call(waker) }, since: time.Now()}
		if t, ok := cx.ForHost().Task().(*task.Task); ok {
			b.task = infoOf(t)
			if w.profiler != nil {
				b.job.profiled = t.ForHost().Description()
			}
		}
		if err := w.rt.blocking.submit(b.job); err != nil {
			return core.Result[T]{Err: err}, true
		}
		cx.Waits(core.WaitBlocking)
		return core.Result[T]{}, false
	}
	if b.state.Load() != done { // a spurious wake; the waker has not changed
		cx.Waits(core.WaitBlocking)
		return core.Result[T]{}, false
	}
	if p := b.panicked; p != nil {
		b.panicked = nil
		panic(p)
	}
	return b.result, true
}

// Drop discards the function if it has not begun.
func (b *blocking[T]) Drop() {
	if b.job == nil {
		return
	}
	if b.state.CompareAndSwap(submitted, abandoned) {
		b.rt.blocking.cancel(b.job)
	} else {
		b.reportPanic()
	}
}

// call runs f, on the pool.
func (b *blocking[T]) call(waker core.Waker) {
	returned := false
	defer func() {
		v := recover()
		if !returned {
			if b.panicked = task.Recovered(v); b.panicked == nil {
				b.result.Err = core.ErrGoexit
			}
		}
		if b.state.CompareAndSwap(submitted, done) {
			waker.Wake()
		} else {
			b.reportPanic()
		}
	}()
	b.result.Value, b.result.Err = b.f()
	returned = true
}

// reportPanic reports a panic of f that the task does not see.
func (b *blocking[T]) reportPanic() {
	if b.panicked != nil {
		b.rt.stray("executor: a function on the blocking pool panicked, and its task was gone", b.task, b.panicked)
	}
}
