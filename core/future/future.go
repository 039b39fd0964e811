package future

import "github.com/moduvex/moduvex-go/core"

// Ready returns a future that completes with v at its first poll.
func Ready[T any](v T) core.Future[T] { return &ready[T]{v} }

type ready[T any] struct{ value T }

func (r *ready[T]) Poll(*core.Context) (T, bool) { return r.value, true }

// Func returns a future whose Poll calls f. f obeys the contract of [core.Future] and holds nothing
// that would need a Drop. A nil f panics.
func Func[T any](f func(cx *core.Context) (T, bool)) core.Future[T] {
	if f == nil {
		panic("future: Func of a nil function")
	}
	return pollFunc[T](f)
}

type pollFunc[T any] func(cx *core.Context) (T, bool)

func (f pollFunc[T]) Poll(cx *core.Context) (T, bool) { return f(cx) }

// Pending returns a future that never completes and never wakes its task: for a task that ends only
// by abort, or for the branch of a [Race] that is switched off.
func Pending[T any]() core.Future[T] { return pending[T]{} }

type pending[T any] struct{}

func (pending[T]) Poll(*core.Context) (value T, ok bool) { return value, false }

// Yield returns a future that is pending once, after it has woken its own task, and then completes:
// the task goes to the back of the worker's queue, and every task that is ready runs first.
func Yield() core.Future[struct{}] { return &yield{} }

type yield struct{ polled bool }

func (y *yield) Poll(cx *core.Context) (struct{}, bool) {
	if y.polled {
		return struct{}{}, true
	}
	y.polled = true
	cx.Yield()
	return struct{}{}, false
}
