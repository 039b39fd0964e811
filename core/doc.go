// Package core provides the contract between futures and the code that runs them: [Future], [Waker], [Context]
// and [Host], and the errors that they share.
//
// # When to use it
//
// A program that starts tasks with package executor meets this package in four places: the errors
// ([ErrCancelled], [ErrDeadlineExceeded], [ErrClosed] and others), [Result], [Spawner] (the parameter of
// functions that start tasks), and [Future] when it combines futures. An author of a future reads on; an author of
// a host also reads package task, [HostView], and coretest, a host that is small enough to be an example.
//
// # Roles
//
//   - A [Future] is a computation that is polled. Poll returns (value, true) once, or
//     (zero, false) after it has arranged for the context's waker to be woken.
//   - A [Waker] makes its task be polled again. Any goroutine may call it, any number of times.
//   - A [Context] is what one poll may use: the waker, the budget and the [Host].
//   - A [Host] is the worker underneath: clock, timers, spawner, random source, I/O driver.
//     It is an interface of a few methods, so nothing here names an executor.
//
// # Giving up a future
//
// Go has no destructors. A future that holds something while it is pending (a timer entry, a node in a
// wait list, a registration, child futures) implements [Dropper]. The owner of such a future gives it up by
// calling Drop exactly once, on the worker that polled it or, where tasks move, on any worker that they move
// to. A future that has returned (value, true) is never dropped; a future that panicked in Poll counts as
// pending and is dropped. Combinators pass Drop on to their children. All cancellation works this way.
//
// # The other packages of this module
//
//   - core/future: combinators (Ready, Func, Map, Then, Join2, JoinAll, Race, Select2, Yield).
//   - core/task: a future together with its life cycle and its output: a task.
//   - core/coro: straight-line code as a task, on pooled coroutines.
//   - core/timer: sleeps, timeouts and intervals; core/timer/wheel: the hierarchical wheel below them.
//   - core/lock, core/channel/...: mutexes, semaphores, channels and the like, for tasks and goroutines.
//   - core/local: task-locals.
//   - core/coretest: hosts for tests, one of them on a virtual clock.
//
// The module has no operating-system dependency: it imports no os, syscall, net or unsafe.
package core
