// Package lincheck checks that what tasks share behaves as if one operation came after the other.
//
// A [History] records operations of a real runtime: when each began, when it had ended, and what it
// answered. [Check] looks for an order of them that agrees with the times and in which a model, a few
// lines without any concurrency, gives the same answers. If there is none, what was recorded is a bug,
// be it the code's or the model's.
//
// # What counts as an operation
//
// An operation that waits is several here, for it shows more than its answer. Being polled for the
// first time, it takes a place in line (Poll answers pending), from which on nobody may overtake it;
// each further poll must be pending as long as it is not its turn, and not any longer; and when it
// is given up (Cancel), its turn must go to the next. Each of these is recorded with its own times,
// so that the models are exact: first in, first out, no barging, no lost turn.
//
// In direct style only the call and the return are seen. Such an operation is an Enter and a Leave,
// or a Cancel, that may be anywhere in between; the state of the model keeps them in order.
//
// The forms for goroutines run on the blocking pool, and are recorded like those in direct style. (Not
// with one worker, where a seed repeats its history: what a goroutine does comes at no certain time.)
//
// What a task did that was aborted, nobody can tell from outside. Lost stands for that: it may have
// had its effect, or not.
//
// # Models
//
// [Permits] is that of Semaphore, Mutex (one permit) and RWMutex (a writer takes all) of core/lock,
// [Channel] that of core/channel/mpsc and [Value] that of core/channel/watch.
//
// Source: M. Herlihy and J. Wing, "Linearizability: A Correctness Condition for Concurrent Objects",
// 1990. The search is that of github.com/anishathalye/porcupine.
package lincheck
