package joinhandle

import (
	"context"
	"io"

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

// New returns the handle of the task in slot.
func New[T any](slot *task.Slot[T]) JoinHandle[T] { return JoinHandle[T]{slot} }

// Spawn makes f a task of s and returns its handle. If s accepts no tasks any more, f is dropped
// and the handle answers with a [*JoinError] that says so. A nil f panics.
func Spawn[T any](s core.Spawner, f core.Future[T]) JoinHandle[T] {
	if f == nil {
		panic("joinhandle: Spawn of a nil Future")
	}
	return start(s, task.New(f))
}

// SpawnValue is Spawn for a future that moves into its task, which saves an allocation and the way to
// another place in memory. T has to be given, the rest is inferred: SpawnValue[int](s, f). What f refers to
// stays reachable as long as the handle or a waker of the task does.
func SpawnValue[T, F any, P core.FuturePointer[F, T]](s core.Spawner, f F) JoinHandle[T] {
	return start(s, task.NewValue[T, F, P](f))
}

// Go makes the straight-line body a task of s and returns its handle, as Spawn does. A body whose task was
// accepted begins: if it is aborted before, or the runtime closes, its awaits fail from the first on, and its
// deferred functions run. If s refuses the task, the body never begins; so [GoOwning] hands over what the
// body is to close.
func Go[T any](s core.Spawner, body func(co *coro.Co) (T, error)) JoinHandle[T] {
	if body == nil {
		panic("joinhandle: Go of a nil body")
	}
	return start(s, coro.New(body))
}

// GoOwning is Go for a body that takes r over. From its first line on the body owns r and closes it, most often
// with a defer:
//
//	h := joinhandle.GoOwning(s, conn, func(co *coro.Co) (int, error) {
//		defer conn.Close()
//		...
//
// If s refuses the task, GoOwning closes r before it returns. So r has an owner at every moment. coro.Closers
// hand over several things at once.
func GoOwning[T any](s core.Spawner, r io.Closer, body func(co *coro.Co) (T, error)) JoinHandle[T] {
	if body == nil {
		panic("joinhandle: GoOwning of a nil body")
	}
	slot := coro.NewOwning(r, body)
	spawned := false
	defer func() {
		if !spawned { // the spawner panicked
			slot.ForHost().Kill(core.ErrCancelled)
		}
	}()
	h := start(s, slot)
	spawned = true
	return h
}

func start[T any](s core.Spawner, slot *task.Slot[T]) JoinHandle[T] {
	if s == nil {
		panic("joinhandle: a task needs a Spawner, and this one is nil")
	}
	if err := s.Spawn(&slot.Task); err != nil {
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
// runs. It is for work in any case, such as counting; [GoOwning] hands over what the task is to release. f
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
