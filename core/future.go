package core

// A Future is a computation that is driven by polling.
//
// Poll returns (value, true) when the value is there; it is not called again after that.
// It returns (zero, false) when the value is not there yet, and then it must have arranged for
// cx.Waker() to be woken when another poll is worth while. A future that returns false without
// such an arrangement is never polled again. Poll must not block: it runs on a worker that other
// tasks share. It leaves the goroutine no more locked to its OS thread than it found it.
//
// At most one goroutine polls a future at a time. Successive polls may come from different
// goroutines where the executor moves tasks between workers; what an earlier poll wrote is
// visible to the next.
type Future[T any] interface {
	Poll(cx *Context) (T, bool)
}

// A FuturePointer is a pointer to an F that is a [Future]: the constraint of functions that take an F and
// keep it themselves, in one piece with what they keep beside it.
type FuturePointer[F, T any] interface {
	*F
	Future[T]
}

// A Dropper is a future that holds something while it is pending.
//
// Drop releases what it holds. It is called at most once, only on a future that has not returned
// (value, true), and never during a Poll of it. It runs on the worker that polled the future last, or, where
// tasks move, on any of them, so it uses the [Host] that a poll has kept, never the Context. A future that was
// never polled is dropped by the goroutine that gives it up. Drop must not block.
type Dropper interface {
	Drop()
}

// A Waker makes a task be polled again.
//
// Wake may be called from any goroutine, any number of times, also after the task has ended. It
// never blocks, never panics nor exits its goroutine, and never runs the task itself. What the caller wrote before Wake is
// visible to the poll that Wake causes. The dynamic type of a Waker must be comparable (a pointer,
// in practice), because wait queues tell wakers apart with ==.
type Waker interface {
	Wake()
}

// A FinishedWaker is a Waker that can tell that no wake of it matters any more: a task that has ended, or
// a waker of a combinator that has answered or was dropped. What keeps wakers for long, as a task keeps
// those of its joiners, lets go of such. Finished may be called from any goroutine; once true it stays so.
type FinishedWaker interface {
	Waker
	Finished() bool
}

// Drop gives f up: it calls f.Drop if f is a [Dropper], and does nothing otherwise. Combinators
// use it to pass Drop on to children whose type they do not know.
func Drop(f any) {
	if d, ok := f.(Dropper); ok {
		d.Drop()
	}
}

// WakerFunc makes a [Waker] of a function. The result is a pointer, so two of them are equal only
// if they come from the same call. f must obey the contract of [Waker].
func WakerFunc(f func()) Waker {
	if f == nil {
		panic("core: WakerFunc of a nil function")
	}
	return &wakerFunc{f}
}

type wakerFunc struct{ f func() }

func (w *wakerFunc) Wake() { w.f() }
