// Package core is the contract between futures and whatever runs them.
//
// # Roles
//
//   - A [Future] is a computation that is polled. It answers (value, true) once, or
//     (zero, false) after it has arranged for the context's waker to be woken.
//   - A [Waker] makes its task be polled again. Any goroutine may call it, any number of times.
//   - A [Context] is what one poll may use: the waker, the budget and the [Host].
//   - A [Host] is the worker underneath: clock, timers, spawner, random source, I/O driver.
//     It is an interface of a few methods, so nothing here names an executor.
//
// # Giving up a future
//
// Go has no destructors. A future that holds something while it is pending (a timer entry, a
// place in a wait queue, a registration, child futures) implements [Dropper]. The one that gives up
// such a future calls Drop exactly once, on the worker that polled it or, where tasks move, on any that they
// move to. A future that has answered (value, true) is never dropped; one that panicked in Poll counts as
// pending and is dropped. Combinators pass Drop on. This is the whole of cancellation.
//
// # The other packages of this module
//
//   - core/future: combinators (Ready, Func, Map, Then, Join2, JoinAll, Race, Select2, Yield).
//   - core/task: the task cell and the state machine that makes a future a task.
//   - core/coro: straight-line code as a task, on pooled coroutines.
//   - core/coretest: a host for tests, on a virtual clock.
//   - core/lock: mutexes, semaphores and the like, for tasks and goroutines.
//   - core/channel/mpsc, oneshot, watch, broadcast: channels, for tasks and goroutines.
//   - core/local: task-locals.
//   - core/timer: sleeps, intervals, and in core/timer/wheel the hierarchical wheel below them.
//
// The module has no operating-system dependency: it imports no os, syscall, net or unsafe.
package core
