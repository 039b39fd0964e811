package executor

import (
	"context"
	"io"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// Spawn makes f a task and returns its handle. s is a *Runtime, from any goroutine, whose workers get
// tasks in turns; what [Runtime.On] returns, for a certain worker; or, inside a task, its
// *core.Context or *coro.Co, and then the new task is on the same worker, until another steals it where
// workers steal, and costs less.
// When the runtime is closing, f is dropped and the handle answers with a *joinhandle.JoinError
// that wraps core.ErrShutdown. A nil f panics.
func Spawn[T any](s core.Spawner, f core.Future[T]) joinhandle.JoinHandle[T] {
	return joinhandle.Spawn(s, f)
}

// SpawnValue is Spawn for a future that moves into its task: the task with its future is one allocation
// instead of two, and lies in memory in one piece, which pays where there are very many or they are
// short. T has to be given, the rest is inferred:
//
//	h := executor.SpawnValue[int](s, counter{limit: 10}) // *counter is a core.Future[int]
//
// What f refers to stays reachable as long as the handle or a waker of the task does.
func SpawnValue[T, F any, P core.FuturePointer[F, T]](s core.Spawner, f F) joinhandle.JoinHandle[T] {
	return joinhandle.SpawnValue[T, F, P](s, f)
}

// Go makes the straight-line body a task and returns its handle, as Spawn does. Package coro says
// what a body may do. A body that is to close something gets it through [GoOwning].
func Go[T any](s core.Spawner, body func(co *coro.Co) (T, error)) joinhandle.JoinHandle[T] {
	return joinhandle.Go(s, body)
}

// Do makes body, which returns nothing but an error, a task, as [Go] does. The handle returns that error.
func Do(s core.Spawner, body func(co *coro.Co) error) joinhandle.JoinHandle[struct{}] {
	if body == nil {
		panic("executor: Do of a nil body")
	}
	if s == nil {
		panic("executor: Do with a nil Spawner")
	}
	slot := coro.NewDo(body)
	if err := s.Spawn(&slot.Task); err != nil {
		slot.ForHost().Kill(err)
	}
	return joinhandle.New(slot)
}

// DoOwning is [GoOwning] for a body that returns nothing but an error.
func DoOwning(s core.Spawner, r io.Closer, body func(co *coro.Co) error) joinhandle.JoinHandle[struct{}] {
	if body == nil {
		panic("executor: DoOwning of a nil body")
	}
	return GoOwning(s, r, func(co *coro.Co) (struct{}, error) { return struct{}{}, body(co) })
}

// GoOwning is Go for a body that takes r over: a connection that it serves, say. From its first line on the body
// owns r and closes it with a defer; if the runtime refuses the task, GoOwning closes r before it returns. So r
// has an owner at every moment:
//
//	executor.GoOwning(co, conn, func(co *coro.Co) (int, error) {
//		defer conn.Close()
//		...
//
// A task that was accepted begins in any case. If it is aborted before, or the runtime closes, its awaits fail
// from the first on. Several things are handed over as coro.Closers.
func GoOwning[T any](s core.Spawner, r io.Closer, body func(co *coro.Co) (T, error)) joinhandle.JoinHandle[T] {
	return joinhandle.GoOwning(s, r, body)
}

// GoEach starts body once on each worker of rt, as a task that is bound to the worker, and returns the handles
// in the order of the workers.
func GoEach[T any](rt *Runtime, body func(co *coro.Co, worker int) (T, error)) []joinhandle.JoinHandle[T] {
	if body == nil {
		panic("executor: GoEach of a nil body")
	}
	handles := make([]joinhandle.JoinHandle[T], rt.Workers())
	for i := range handles {
		handles[i] = Go(rt.On(i), func(co *coro.Co) (T, error) { return body(co, i) })
	}
	return handles
}

// Named returns a spawner that gives its tasks a name, for reports.
func Named(s core.Spawner, name string) core.Spawner { return named{s, name} }

type named struct {
	core.Spawner
	name string
}

// KeptSpawner is for core.Kept.
func (n named) KeptSpawner() core.Spawner { return named{core.Kept(n.Spawner), n.name} }

func (n named) Spawn(r core.Task) error {
	asTask(r).SetName(n.name)
	return n.Spawner.Spawn(r)
}

// BlockOn makes f a task, blocks the calling goroutine until it has ended, and returns its output.
// Other tasks run on afterwards. If ctx is done first, the task is aborted, and BlockOn returns
// ctx's cause once it has ended. A panic of the task panics here, with an error whose text has the
// stack of the task, and which wraps its *task.PanicError. A body that returns the error of another task's panic
// has not panicked. Called from within a task it returns core.ErrNested, and f is dropped.
func BlockOn[T any](ctx context.Context, rt *Runtime, f core.Future[T]) (T, error) {
	if f == nil {
		panic("executor: BlockOn with a nil Future")
	}
	if insideTask() {
		core.Drop(f)
		var zero T
		return zero, errNested("BlockOn", "await the future with coro.Await")
	}
	if inBubble() {
		core.Drop(f)
		var zero T
		return zero, ErrBubble
	}
	return wait(ctx, rt, task.New(f))
}

// Run makes a runtime, runs body in it as a task, closes the runtime, and returns what body
// returned. Tasks that body leaves behind are dropped. ctx and panics are as for BlockOn. It is
// the main function of a program that lives in one runtime.
func Run[T any](ctx context.Context, opts Options, body func(co *coro.Co) (T, error)) (T, error) {
	if body == nil {
		panic("executor: Run with a nil body")
	}
	return run(ctx, "Run", opts, body)
}

// run is Run under the name that its caller called.
func run[T any](ctx context.Context, name string, opts Options, body func(co *coro.Co) (T, error)) (value T, err error) {
	if insideTask() {
		return value, errNested(name, "start a task of this runtime with Go or Do")
	}
	rt, err := New(opts)
	if err != nil {
		return value, err
	}
	defer func() {
		if e := rt.Close(); err == nil {
			err = e
		}
	}()
	return wait(ctx, rt, coro.New(body))
}

// Main is [Run] for a body that returns nothing but an error, as the main function of most programs does.
func Main(ctx context.Context, opts Options, body func(co *coro.Co) error) error {
	if body == nil {
		panic("executor: Main with a nil body")
	}
	_, err := run(ctx, "Main", opts, func(co *coro.Co) (struct{}, error) { return struct{}{}, body(co) })
	return err
}

// wait runs the task in slot, and panics if that panics: not if its body returns an error of another task's
// panic.
func wait[T any](ctx context.Context, rt *Runtime, slot *task.Slot[T]) (T, error) {
	h := joinhandle.New(slot)
	ended := h.Done() // before it can end: it is a join, so nobody else has to report a panic
	if err := rt.Spawn(&slot.Task); err != nil {
		slot.ForHost().Kill(err)
	}
	var cause error
	select {
	case <-ended:
	case <-ctx.Done():
		if h.Abort() {
			cause = context.Cause(ctx)
		}
		<-ended
	}
	info, state := infoOf(&slot.Task), slot.State()
	v, failed, _, err := slot.TakeEnd()
	if !failed {
		return v, err
	}
	if p, ok := err.(*task.PanicError); ok {
		panic(&propagated{info, p})
	}
	if state == task.Cancelled && cause != nil {
		return v, cause
	}
	return v, &joinhandle.JoinError{ID: info.ID, Cause: err}
}
