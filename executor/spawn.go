package executor

import (
	"io"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// Spawn makes f a task and returns its handle. The Spawner s says where the task begins:
//
//   - a *Runtime, from any goroutine: the workers get such tasks round-robin;
//   - the result of [Runtime.On] or [On]: on that worker, where it stays;
//   - inside a task, its *core.Context or *coro.Co: on the worker of that task, until another steals it where workers
//     steal. This costs least.
//
// If the runtime is closing, f is dropped and the handle returns a *joinhandle.JoinError that wraps core.ErrShutdown. A
// nil f panics.
func Spawn[T any](s core.Spawner, f core.Future[T]) joinhandle.JoinHandle[T] {
	if f == nil {
		panic("executor: Spawn of a nil Future")
	}
	return start("Spawn", s, task.New(f))
}

// SpawnValue is Spawn for a future that moves into its task: the task with its future is one allocation
// instead of two, and one piece of memory, which pays where there are very many or they are
// short. T has to be given, the rest is inferred:
//
//	h := executor.SpawnValue[int](s, counter{limit: 10}) // *counter is a core.Future[int]
//
// Values that f refers to stay reachable as long as the handle or a waker of the task does.
func SpawnValue[T, F any, P core.FuturePointer[F, T]](s core.Spawner, f F) joinhandle.JoinHandle[T] {
	return start("SpawnValue", s, task.NewValue[T, F, P](f))
}

// Go makes the straight-line body a task and returns its handle, as [Spawn] does. Package coro says
// what a body may do. A body that must close something gets it through [GoOwning]. The error that body returns is for
// the join: nothing reports it if nothing joins the task, unlike a panic, which is logged then.
func Go[T any](s core.Spawner, body func(co *coro.Co) (T, error)) joinhandle.JoinHandle[T] {
	if body == nil {
		panic("executor: Go of a nil body")
	}
	return start("Go", s, coro.New(body))
}

// Do is [Go] for a body that returns an error only.
func Do(s core.Spawner, body func(co *coro.Co) error) joinhandle.JoinHandle[struct{}] {
	if body == nil {
		panic("executor: Do of a nil body")
	}
	return start("Do", s, coro.NewDo[struct{}](body))
}

// GoOwning is [Go] for a body that takes r over: a connection that it serves, say. From its first line on the body
// owns r and closes it with a defer; if the runtime refuses the task, GoOwning closes r before it returns. So r
// has an owner at every moment:
//
//	executor.GoOwning(co, conn, func(co *coro.Co) (int, error) {
//		defer conn.Close()
//		...
//
// A task that was accepted begins in any case. If it is aborted before, or the runtime closes, its awaits fail
// from the first on. To pass several values, wrap them in coro.Closers.
func GoOwning[T any](s core.Spawner, r io.Closer, body func(co *coro.Co) (T, error)) joinhandle.JoinHandle[T] {
	if body == nil {
		panic("executor: GoOwning of a nil body")
	}
	return start("GoOwning", s, coro.NewOwning(r, body))
}

// DoOwning is [GoOwning] for a body that returns an error only.
func DoOwning(s core.Spawner, r io.Closer, body func(co *coro.Co) error) joinhandle.JoinHandle[struct{}] {
	if body == nil {
		panic("executor: DoOwning of a nil body")
	}
	return start("DoOwning", s, coro.NewDoOwning[struct{}](r, body))
}

// start is the last step of all these calls.
func start[T any](call string, s core.Spawner, slot *task.Slot[T]) joinhandle.JoinHandle[T] {
	if s == nil {
		slot.ForHost().Kill(core.ErrCancelled) // drops the future, or closes what the body was to own
		panic("executor: " + call + " with a nil Spawner")
	}
	return joinhandle.Start(s, slot)
}
