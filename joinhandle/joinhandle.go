package joinhandle

import (
	"context"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

// A JoinHandle waits for the output of one task. It is a core.Future of the output, a [core.Result]. Its Err is
//
//   - a [*JoinError] if the task was cancelled, panicked or called runtime.Goexit;
//   - core.ErrAlreadyJoined for every join but the first;
//   - and otherwise the error that a body in direct style has returned. That may be the JoinError of another task:
//     JoinError.ID tells which.
//
// The zero JoinHandle belongs to no task: its methods panic, with a text that says so.
type JoinHandle[T any] struct {
	slot *task.Slot[T]
}

var _ core.Future[core.Result[int]] = JoinHandle[int]{}

// New returns the handle of the task in slot, which a host has accepted or is about to accept.
func New[T any](slot *task.Slot[T]) JoinHandle[T] { return JoinHandle[T]{slot} }

// Start gives the task in slot to s and returns the handle. It is the layer under executor.Spawn, Go and Do, for custom
// hosts. The slot is from task.New or task.NewValue, for a future, or from coro.New, NewDo, NewOwning or
// NewDoOwning, for a body. If s refuses the task, Start drops the future, or closes the resource that the body was to
// own, and the handle returns a [*JoinError] that wraps the reason. If s panics, it does the same before the panic
// continues. A nil s panics.
func Start[T any](s core.Spawner, slot *task.Slot[T]) JoinHandle[T] {
	spawned := false
	defer func() {
		if !spawned { // s is nil, or has panicked
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

const textZeroHandle = "joinhandle: JoinHandle is zero: it was not returned by Spawn, Go or Do"

// task returns the slot of the task. A zero handle panics.
func (h JoinHandle[T]) task() *task.Slot[T] {
	if h.slot == nil {
		panic(textZeroHandle)
	}
	return h.slot
}

// Poll is ready with the output once the task has ended. Until then it registers the context's waker, which the end of
// the task wakes. A JoinHandle that is given up while it is pending has nothing to drop: the waker stays with the task
// until the task or the owner of the waker has ended: see core.FinishedWaker. Join and Wait take their wakers back.
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

// Join suspends the body of co until the task has ended, and returns the task's output. If co is cancelled first, Join
// returns the reason, and the task runs on: abort it if it is not wanted any more.
func (h JoinHandle[T]) Join(co *coro.Co) (T, error) {
	slot, waker := h.task(), co.Context().Waker()
	defer func() {
		if !slot.Finished() { // given up
			slot.Unwatch(waker)
		}
	}()
	r, err := coro.Await[core.Result[T]](co, h)
	if err != nil {
		return r.Value, err
	}
	return r.Value, r.Err
}

// Wait blocks the calling goroutine until the task has ended, and returns the task's output, or until ctx is done, and
// returns its cause. It is for goroutines outside the runtime. Inside a task, where it would block a worker, it returns
// an error that names the call and wraps core.ErrNested, whatever ctx is: a task uses Join.
func (h JoinHandle[T]) Wait(ctx context.Context) (value T, err error) {
	slot := h.task()
	if coro.Nested(ctx) {
		return value, errNestedWait
	}
	if r, ok := h.TryJoin(); ok {
		return r.Value, r.Err
	}
	if coro.Inside() {
		return value, errNestedWait
	}
	ended := make(signal, 1)
	if slot.Watch(ended) {
		select {
		case <-ended:
		case <-ctx.Done():
			slot.Unwatch(ended)
			if !slot.Finished() { // an output beats a simultaneous cancellation
				return value, context.Cause(ctx)
			}
		}
	}
	r, _ := h.TryJoin()
	return r.Value, r.Err
}

// TryJoin returns the output if the task has ended; ok is false if it has not.
func (h JoinHandle[T]) TryJoin() (r core.Result[T], ok bool) {
	v, failed, ok, err := h.task().TakeEnd()
	if failed {
		err = &JoinError{ID: h.ID(), Cause: err}
	}
	return core.Result[T]{Value: v, Err: err}, ok
}

// Done returns a channel that is closed when the task has ended. While the task runs, every call returns the same
// channel.
func (h JoinHandle[T]) Done() <-chan struct{} {
	ended, ok := task.WatchShared(&h.task().Task, func() closer { return make(closer) })
	if !ok {
		ended = make(closer)
		close(ended)
	}
	return ended
}

// OnEnd calls f once when the task has ended, by any outcome, and also if the task was refused and none of its code
// has run. The goroutine that ends the task calls f; if the task has ended already, OnEnd does. f must neither block nor
// panic. OnEnd is for work such as counting; a resource that the task must release is passed by executor.GoOwning.
func (h JoinHandle[T]) OnEnd(f func()) {
	if f == nil {
		panic("joinhandle: OnEnd with a nil function")
	}
	if !h.task().Watch(&onEnd{f}) {
		f()
	}
}

// Finished reports whether the task has ended, so that a join would not wait.
func (h JoinHandle[T]) Finished() bool { return h.task().Finished() }

// Abort asks the task to end, and reports whether the request took effect: see [AbortHandle.Abort].
func (h JoinHandle[T]) Abort() bool {
	if h.slot == nil { // written out: through task, Abort would be too long to be inlined
		panic(textZeroHandle)
	}
	return h.slot.Abort()
}

// AbortOn is Abort for a caller that is in a poll: cx is its Context, in direct style co.Context(). The abort of a task of
// the same worker costs less this way, since it needs no hand-over between goroutines. The effect is the same. Only the
// task that cx polls may call it, and no function that it runs elsewhere.
func (h JoinHandle[T]) AbortOn(cx *core.Context) bool {
	if h.slot == nil {
		panic(textZeroHandle)
	}
	return h.slot.AbortOn(cx)
}

// AbortHandle returns a handle that can only abort the task. Once the task has ended, that handle keeps neither the
// task's output nor its future in memory.
func (h JoinHandle[T]) AbortHandle() AbortHandle {
	t := &h.task().Task
	a, ok := task.WatchShared(t, func() *aborter { return newAborter(t) })
	if !ok {
		a = &ended
	}
	return AbortHandle{a, h.ID()}
}

// ID returns the number of the task, unique in its runtime. It is 0 for a task that was refused, unless the runtime
// began to shut down at that moment: such a task may have got its number already.
func (h JoinHandle[T]) ID() uint64 { return h.task().ID() }

// An onEnd is the watcher of OnEnd. It is a bystander: the task still reports a panic that is not joined.
type onEnd struct{ f func() }

var _ task.Bystander = (*onEnd)(nil)

func (w *onEnd) Wake()      { w.f() }
func (w *onEnd) Bystander() {}

// A closer is a channel that a wake closes. The task wakes it once.
type closer chan struct{}

func (c closer) Wake() { close(c) }

// A signal is a channel with room for one wake. It discards further wakes.
type signal chan struct{}

func (s signal) Wake() {
	select {
	case s <- struct{}{}:
	default:
	}
}
