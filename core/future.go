package core

// A Future is a computation that is driven by polling.
//
// Poll returns (value, true) when the value is ready; it is not called again after that.
// It returns (zero, false) while the value is not ready, and then it must have arranged for
// cx.Waker() to be woken when another poll can make progress. A future that returns false without
// such an arrangement is never polled again. Poll must not block: other tasks share its worker.
// It leaves the goroutine no more locked to its OS thread than it found it.
//
// At most one goroutine polls a future at a time. Where the executor moves tasks between workers,
// successive polls may run on different goroutines; the writes of an earlier poll are visible to
// the next.
type Future[T any] interface {
	Poll(cx *Context) (T, bool)
}

// A FuturePointer is a pointer to an F that is a [Future]: the constraint of functions that take an F by value
// and store it in one allocation with their own data.
type FuturePointer[F, T any] interface {
	*F
	Future[T]
}

// A Dropper is a future that holds something while it is pending.
//
// Drop releases what the future holds. It is called at most once, only on a future that has not returned
// (value, true), and never during a Poll of it. It runs on the worker that polled the future last or, where
// tasks move, on any worker that they move to, so it uses the [Host] that a poll has kept, never the Context.
// A future that was never polled is dropped by the goroutine that gives it up. Drop must not block.
type Dropper interface {
	Drop()
}

// A Waker makes a task be polled again.
//
// Wake may be called from any goroutine, any number of times, also after the task has ended. It
// never blocks, panics, exits its goroutine or runs the task itself. The caller's writes before Wake are
// visible to the poll that Wake causes. The dynamic type of a Waker must be comparable (a pointer,
// in practice), because wait queues compare wakers with ==.
type Waker interface {
	Wake()
}

// A FinishedWaker is a Waker that reports when a wake has no effect any more. Code that keeps wakers for
// long, as a task keeps those of its joiners, discards such wakers.
type FinishedWaker interface {
	Waker
	// Finished reports whether the waker's task has ended, or its combinator has completed or was dropped.
	// Once true it stays true. Any goroutine.
	Finished() bool
}

// Drop gives f up: it calls f.Drop if f is a [Dropper], and does nothing otherwise. Combinators
// call it to pass Drop on to children whose type they do not know.
func Drop(f any) {
	if d, ok := f.(Dropper); ok {
		d.Drop()
	}
}

// WakerFunc returns a [Waker] that calls f. The result is a pointer, so two of them are equal only
// if they come from the same call. f must obey the contract of [Waker]. A nil f panics.
func WakerFunc(f func()) Waker {
	if f == nil {
		panic("core: WakerFunc of a nil function")
	}
	return &wakerFunc{f}
}

type wakerFunc struct{ f func() }

func (w *wakerFunc) Wake() { w.f() }
