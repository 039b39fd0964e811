// Package lock provides locks for tasks: [Mutex], [RWMutex], [Semaphore], [Notify], [Barrier] and [OnceCell].
// Where the locks of the standard library block a goroutine, these suspend a task, and the worker runs others.
// core/channel has the channels.
//
//	var m lock.Mutex // shared by tasks of any worker, and by goroutines
//
//	g, err := m.Lock(co)
//	if err != nil {
//		return err // co was cancelled
//	}
//	defer g.Unlock()
//
// Examples that run on a runtime are with package executor: its examples of channels and locks.
//
// # Three forms
//
// Each operation that may wait has three forms:
//
//   - m.Lock(co) is for bodies in direct style. It suspends the body, and fails when co is cancelled.
//   - m.LockFuture() is for the poll style: a future, which another future can embed.
//   - m.LockWait(ctx) is for plain goroutines. It blocks, and fails when ctx is done.
//
// One lock serves all three. A Wait form inside a task would block its worker. With the task's Co as context, or
// one derived from it, the call returns core.ErrNested instead; with another context the mistake goes unnoticed.
// On a blocking pool, and on goroutines, a Co is a context like others.
//
// The futures are values. A future must not be copied after its first poll. After it was ready, and after a
// Drop, it can be polled again for another result.
//
// Methods that end in On, such as Guard.UnlockOn, are for callers that have a Context: they wake tasks of the same
// worker without an atomic operation.
//
// # Order
//
// A Mutex is as fair as sync.Mutex: an unlock wakes the first in line and leaves the mutex unlocked, any caller may lock
// it before that waiter does, and a waiter that has waited for a millisecond is handed the mutex over. [Mutex] has the
// details.
//
// The other types, and a Mutex with [MutexOptions].Ordered, serve waiters in the order in which they came. A release
// passes what was released to the next in line: no caller overtakes a waiter, not even with a Try form. A waiter that was
// granted the lock and is dropped before its next poll passes the lock on. Without this order, acquires of many permits
// and the writers of an RWMutex would starve.
//
// Completed operations count against the budget of a poll. A task that has spent its budget enters the line anyway, and
// its next poll finds whether it was granted the lock; a Mutex without the option that is unlocked stays so until then.
// Waiting allocates nothing.
//
// # Panics
//
// There is no poisoning: a body that panics with a lock held unlocks it if an Unlock is deferred. Misuse, such as
// the unlock of an unlocked mutex, panics with a text that names it. Zero values are ready for use, except that
// of Barrier, whose methods panic.
package lock
