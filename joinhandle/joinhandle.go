package joinhandle

import (
	"context"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

// A JoinHandle waits for the output of one task. It is a core.Future of the task's output, a [core.Result]:
// Err is a [*JoinError] if the task was cancelled, panicked or called runtime.Goexit, core.ErrAlreadyJoined for all but
// the first join, and otherwise what a body in direct style returned. JoinError.ID tells a task that ended so from a
// body that returns the error of another join. The zero
// JoinHandle belongs to no task, and its methods panic.
type JoinHandle[T any] struct {
	slot *task.Slot[T]
}

var _ core.Future[core.Result[int]] = JoinHandle[int]{}

// New returns the handle of the task in slot, which a host has got or is about to get.
func New[T any](slot *task.Slot[T]) JoinHandle[T] { return JoinHandle[T]{slot} }

// Start gives the task in slot to s and returns its handle. It is the layer under executor.Spawn, Go and Do, for hosts
// of one's own; slot is from task.New or task.NewValue, for a future, or from coro.New, NewDo, NewOwning or NewDoOwning,
// for a body. If s refuses the task, Start drops the future, or closes what the body was to own, and the handle
// returns a [*JoinError] that wraps the reason; so it does if s panics.
func Start[T any](s core.Spawner, slot *task.Slot[T]) JoinHandle[T] {
	spawned := false
	defer func() {
		if !spawned { // s is nil or panicked
			slot.ForHost().Kill(core.ErrCancelled)
		}
	}()
	if s == nil {
		panic("joinhandle: Start with a nil Spawner")
	}
	err := s.Spawn(&slot.Task)
	spawned = true
	if err != nil {
		slot.ForHost().Kill(err)
	}
	return JoinHandle[T]{slot}
}

// Poll answers with the output when the task has ended, and otherwise has the context's waker
// woken at its end. A JoinHandle that is given up while pending has nothing to drop: the waker
// stays with the task until either it or what the waker belongs to has ended: see core.FinishedWaker.
// Join and Wait take theirs back.
func (h JoinHandle[T]) Poll(cx *core.Context) (core.Result[T], bool) {
	if !cx.Spend() {
		return core.Result[T]{}, false
	}
	if r, ok := h.TryJoin(); ok {
		return r, true
	}
	if h.slot.Watch(cx.Waker()) {
		cx.Refund()
		cx.Waits(core.WaitJoin)
		return core.Result[T]{}, false
	}
	return h.TryJoin()
}

// Join suspends the body of co until the task has ended and returns its output. If co is
// cancelled first, Join returns why, and the task runs on: abort it if it is not wanted.
func (h JoinHandle[T]) Join(co *coro.Co) (T, error) {
	waker := co.Context().Waker()
	defer func() {
		if !h.slot.Finished() { // given up
			h.slot.Unwatch(waker)
		}
	}()
	r, err := coro.Await[core.Result[T]](co, h)
	if err != nil {
		return r.Value, err
	}
	return r.Value, r.Err
}

// Wait blocks the calling goroutine until the task has ended, and returns its output, or until
// ctx is done, and returns its cause. It is for goroutines outside the runtime. A call in a task that would
// block its worker returns core.ErrNested, whatever ctx is: a task uses Join.
func (h JoinHandle[T]) Wait(ctx context.Context) (T, error) {
	if coro.Nested(ctx) {
		var zero T
		return zero, core.ErrNested
	}
	if r, ok := h.TryJoin(); ok {
		return r.Value, r.Err
	}
	if coro.Inside() {
		var zero T
		return zero, core.ErrNested
	}
	ended := make(signal, 1)
	if h.slot.Watch(ended) {
		select {
		case <-ended:
		case <-ctx.Done():
			h.slot.Unwatch(ended)
			if !h.Finished() { // a value beats a simultaneous cancellation
				var zero T
				return zero, context.Cause(ctx)
			}
		}
	}
	r, _ := h.TryJoin()
	return r.Value, r.Err
}

// TryJoin returns the output if the task has ended; ok is false if it has not.
func (h JoinHandle[T]) TryJoin() (r core.Result[T], ok bool) {
	v, failed, ok, err := h.slot.TakeEnd()
	if failed {
		err = &JoinError{ID: h.ID(), Cause: err}
	}
	return core.Result[T]{Value: v, Err: err}, ok
}

// Done returns a channel that is closed when the task has ended. While it runs, all calls return the same.
func (h JoinHandle[T]) Done() <-chan struct{} {
	ended, ok := task.WatchShared(&h.slot.Task, func() closer { return make(closer) })
	if !ok {
		ended = make(closer)
		close(ended)
	}
	return ended
}

// OnEnd calls f when the task has ended, however it has: also if it was refused, when none of its own code
// runs. It is for work in any case, such as counting; coro.NewOwning hands over what the task is to release. f
// is called once, on whichever goroutine ends the task, at once if it has ended already; it must
// neither block nor panic.
func (h JoinHandle[T]) OnEnd(f func()) {
	if f == nil {
		panic("joinhandle: OnEnd with a nil function")
	}
	if !h.slot.Watch(&bystander{f}) {
		f()
	}
}

// A bystander is woken by the end, and is no join.
type bystander struct{ f func() }

var _ task.Bystander = (*bystander)(nil)

func (b *bystander) Wake()      { b.f() }
func (b *bystander) Bystander() {}

// A closer is a channel that a wake closes. It is for the join slot, which wakes once.
type closer chan struct{}

func (c closer) Wake() { close(c) }

// Finished reports whether the task has ended, so that a join would not wait.
func (h JoinHandle[T]) Finished() bool { return h.slot.Finished() }

// Abort asks the task to end; see [AbortHandle.Abort].
func (h JoinHandle[T]) Abort() bool { return h.slot.Abort() }

// AbortHandle returns a handle that can abort the task and, once the task has ended, keeps nothing of it: neither
// its output nor its future.
func (h JoinHandle[T]) AbortHandle() AbortHandle {
	a, ok := task.WatchShared(&h.slot.Task, func() *aborter { return newAborter(&h.slot.Task) })
	if !ok {
		a = &nobody
	}
	return AbortHandle{a, h.ID()}
}

// ID returns the task's number, unique in its runtime. A task that was refused has none, and it is 0,
// unless the runtime began to shut down just then: such a task may have got its number already.
func (h JoinHandle[T]) ID() uint64 { return h.slot.ID() }
