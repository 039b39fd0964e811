// Package lock provides the locks of tasks: [Mutex], [RWMutex], [Semaphore], [Notify], [Barrier] and
// [OnceCell]. Where those of the standard library block a goroutine, these suspend a task, and the
// worker goes on with others. Packages below it have the channels.
//
// # Three forms
//
// Whatever may wait comes in three forms:
//
//   - for bodies in direct style, with a *coro.Co as first argument: m.Lock(co);
//   - in poll style, as a future that can be embedded in another: m.LockFuture();
//   - for plain goroutines, which block, with a context.Context: m.LockWait(ctx).
//
// They may be mixed on one lock. A Wait form that a task calls would block its worker. With the task's Co as
// context, or one that is derived from it, the call returns core.ErrNested instead; with another context it
// goes unnoticed. On a blocking pool, and on goroutines, a Co is a context like others.
//
// The futures are values. One that has been polled must not be copied any more. After an answer, and
// after a Drop, it can be polled again for another.
//
// Methods that end in On, such as Guard.UnlockOn, do what those without it do, for callers that
// have a Context: tasks of the same worker are then woken without an atomic hand-off.
//
// # Order
//
// Waiters are served in the order in which they came. A lock is handed to the next in line by who
// releases it: nobody overtakes, not even with a Try form. A waiter that is given up after its turn
// has come, and before it knows, passes the turn on.
//
// Completed operations count against the budget of a poll. A task that has spent its budget takes its
// place in line all the same, and learns in its next poll whether it is its turn. Waiting allocates
// nothing.
//
// # Panics
//
// There is no poisoning: a body that panics with a lock held unlocks it if it has deferred that.
// Misuse, such as the unlock of what is not locked, panics with a text that names it.
package lock
