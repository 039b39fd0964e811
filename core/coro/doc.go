// Package coro runs ordinary straight-line code as a task.
//
// A body is a function func(*Co) (T, error). It runs on a coroutine that its worker resumes, and
// wherever it awaits something that is pending it is suspended, and the worker goes on with other
// tasks. A million bodies may wait at once; only the stack of a coroutine each is their price.
// Poll style (package core) is cheaper still when a task is mostly parked.
//
// # The Co
//
// A [Co] belongs to its body. It may be passed down to functions that the body calls, and used as
// a [context.Context] by anyone, but only the body may await with it, on its own goroutine or in an
// iterator that it drives through iter.Pull. An await from another goroutine panics when it is noticed:
// always once the body is suspended or over, and otherwise by a look at the stack at every 256th use. An
// await that is not noticed mixes up the goroutines of the body and of the worker, for good.
// [PoolOptions].CheckUses finds every such await, also one by the body of another task, such as a child
// that uses its parent's Co.
//
// # How a body ends
//
//   - It returns: the task completes with what it returned.
//   - It panics: the panic is contained with its stack, and the join reports it.
//   - It calls runtime.Goexit (testing.T.FailNow does): the task ends with core.ErrGoexit. The
//     worker goes on.
//   - It is aborted: every await returns an error that wraps core.ErrCancelled, so that the body
//     unwinds and its deferred functions run. [Shield] lets clean-up await. A body that goes on
//     awaiting regardless is unwound by force after 1,000 such errors with no shielded await in
//     between: its goroutine exits as if by runtime.Goexit, which no recover stops.
//   - It is dropped, when a runtime closes at once: as an abort that no shield withstands.
//
// # Children
//
// A task that a body spawns goes its own way. [WithGroup] gives a body children instead: tasks that
// cannot outlive the call, whose failures are the call's, and which end with each other.
//
// # OS threads
//
// A lock taken with runtime.LockOSThread does not survive an await, nor the body: a suspended
// coroutine has no thread. Suspending undoes up to eight nested locks; code that needs a thread of
// its own goes to the blocking pool, on a goroutine. On workers that are themselves locked to
// threads the body must neither lock nor unlock.
//
// # Source
//
// Coroutines are those of iter.Pull, which switch between goroutines without the scheduler. They
// are pooled by worker: a coroutine whose body has ended serves the next one.
package coro
