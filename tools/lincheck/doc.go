// Package lincheck checks locks and channels for linearizability: that they behave as if one operation came after the
// other.
//
// A [History] records the operations of a real runtime: when each began, when it had ended, and its result. [Check]
// looks for an order of the operations that agrees with the times and in which a model, a few lines without any
// concurrency, has the same results. If there is none, the history shows a bug, either of the code or of the model.
//
// # What counts as an operation
//
// An operation that waits is recorded as several, because it shows more than its result. Its first poll enters the
// line (Poll is pending), and no other operation may overtake it from then on. Each further poll must be pending until
// the operation is granted what it waits for, and not longer. When it is dropped (Cancel), its grant must go to the
// next. Each of these has times of its own, so the models are exact: first in, first out, no barging, no lost grant. The
// model of a lock that others may take before those in line says no less of the rest: it is never free while a poll is
// pending, and what is handed over arrives.
//
// In direct style only the call and the return are visible. Such an operation is an Enter and a Leave, or a Cancel, at
// any time in between; the state of the model keeps them in order.
//
// The forms for goroutines run on the blocking pool, and are recorded like those in direct style. They are left out
// with one worker, where a seed repeats its history: nothing determines when a goroutine runs.
//
// The effect of an aborted task is not visible from outside. It is recorded as a Lost operation, which may or may not
// have had its effect.
//
// # Models
//
// [Permits] is the model of Semaphore, RWMutex (a writer takes all) and Mutex with the option Ordered (one permit) of
// core/lock, [Mutex] of Mutex without it, [Channel] of core/channel/mpsc, and [Value] of core/channel/watch.
//
// Source: M. Herlihy and J. Wing, "Linearizability: A Correctness Condition for Concurrent Objects", 1990. The search
// is that of github.com/anishathalye/porcupine.
package lincheck
