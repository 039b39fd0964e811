// Package coro provides direct style: ordinary straight-line code that runs as a task.
//
// A body is a function func(co *Co) (T, error), or func(co *Co) error. Users of a runtime start it with executor.Go or
// executor.Do, and every call in it that waits takes the [Co]:
//
//	h := executor.Go(rt, func(co *coro.Co) (string, error) {
//		err := coro.WithTimeout(co, time.Second, func(co *coro.Co) error { ... })
//		...
//	})
//
// The examples are in package executor and in GUIDE.md. [New], [NewDo], [NewOwning] and [Pool] are the layer below, for
// custom hosts, and so are the examples here.
//
// A body waits where it calls [Await], [Sleep], [Co.Suspend], [Co.Yield] or a function that calls one of these: it is
// suspended there, and its worker goes on with other tasks. A million bodies may wait at once; each costs the stack of a
// coroutine. Poll style (package core) costs less for tasks that are parked most of the time.
//
// # The Co
//
// A [Co] belongs to its body. The body may pass it to functions that it calls, and any goroutine may use it as a
// [context.Context]. But only the body may await with it, on its own goroutine or in an iterator that it drives through
// iter.Pull. An await from another goroutine panics when it is detected: always once the body is suspended or over, and
// otherwise by a check of the stack at every 2048th use. After an await that is not detected, the body runs beside the
// worker until it awaits or ends, which ends its task with a panic. [PoolOptions].CheckUses detects every such await, also
// one by the body of another task, such as a child that uses its parent's Co.
//
// # Contexts
//
// A context that is derived from a Co ends with it, and is for functions that take a context. It bounds no await of the
// body, since the body awaits with its Co:
//
//	ctx, cancel := context.WithTimeout(co, time.Second)
//	defer cancel()
//	db.QueryContext(ctx, ...)                              // is bounded
//	coro.Sleep(co, time.Hour)                              // is not
//
//	coro.WithTimeout(co, time.Second, func(co *coro.Co) error {
//		return coro.Sleep(co, time.Hour)                   // is
//	})
//	coro.WithContext(co, ctx, func(co *coro.Co) error {
//		return coro.Sleep(co, time.Hour)                   // is, too
//	})
//
// [WithContext] is for contexts that a function returns, such as a tracer's, and for those that a caller passes in. Its end
// fails the awaits of that part of the body, which may ignore it. A context that is to end the whole task, as an abort does,
// goes to [NewWithContext], or to package taskctx in module compat.
//
// # How a body ends
//
//   - It returns: the task completes with the value and the error.
//   - It panics: the coroutine contains the panic with its stack, and the join reports it.
//   - It calls runtime.Goexit (testing.T.FailNow does): the task ends with core.ErrGoexit, and the worker goes on.
//   - It is aborted: every await returns an error that wraps core.ErrCancelled, so that the body unwinds and its deferred
//     functions run. [Shield] lets clean-up await. A body that ignores the errors and goes on awaiting is unwound by force
//     after 1,000 of them with no shielded await in between: its goroutine exits as by runtime.Goexit, which no recover
//     stops.
//   - The context that [NewWithContext] was given is done: this is like an abort, and the error has the context's cause.
//   - It is dropped, when a runtime closes at once: this is like an abort, except that a shield has no effect.
//
// # Children
//
// A task that a body spawns is independent of the body. [WithGroup] starts children: tasks that end before the call
// returns. The failure of one is a failure of the call, and aborts the others.
//
// # OS threads
//
// A lock by runtime.LockOSThread ends at the next await, and at the end of the body: a suspended coroutine has no thread.
// A suspension undoes up to eight nested locks. Code that needs a thread of its own runs on the blocking pool. On workers
// that are themselves locked to threads, a body must neither lock nor unlock. An iterator must not await if the thread was
// locked when iter.Pull made it: Go then ends the process, since the lock is gone when the iterator goes on.
//
// # How it works
//
//	the worker's goroutine                     the coroutine's goroutine
//	task.Run → cell.Poll → bodyState.resume ==> cell.loop → cell.run → the body
//	             ... ← Pending              <== an await: bodyState.leave
//	                   (a wake queues the task, and a worker polls it)
//	task.Run → cell.Poll → bodyState.resume ==> the await returns, the body goes on
//	             ... ← Ready                <== the body has returned; the output is in the task's slot
//
// Coroutines are those of iter.Pull, which switches between two goroutines without the scheduler. Each worker has a
// [Pool]: a coroutine whose body has ended runs the next one. The await has registered the task's waker for the
// event; the goroutine that causes the event wakes the task, which its worker then polls.
//
// On a worker that is a [Relay], bodies do not return to the worker's goroutine as long as the next task is one in direct
// style: an await switches to the coroutine of the next body, and a coroutine whose body has ended runs the next one.
package coro
