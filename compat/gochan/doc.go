// Package gochan provides Go channels to tasks: receives, sends and selects that suspend the task and do not block its
// worker; and tasks to goroutines, as channels.
//
//	v, ok, err := gochan.Recv(co, ch)
//	err := gochan.Send(co, ch, v)
//	i, err := gochan.Select(co,
//		gochan.OnRecv(ch, func(v int, ok bool) { ... }),
//		gochan.OnSend(out, x, func() { ... }),
//		gochan.OnFuture(timer.Sleep(time.Second), func(struct{}) { ... }))
//
// It is for code that has Go channels already: signal.Notify, time.Ticker, the results of a worker goroutine. Tasks
// among themselves, and tasks and goroutines of one program, are better served by the channels below core/channel,
// which need no goroutine.
//
// [Recv], [Send], [All] and [Select] are for bodies, [NewRecv], [NewSend] and [NewSelect] make futures for combinators
// and poll style. A nil channel waits for ever, and a closed one behaves as in Go: a receive returns false, and a send
// panics, in the task. In the other direction [Feed] sends what a task ranges over to a channel, and [Of] and [Output]
// make a channel of a future and of a task; JoinHandle.Done is one already. The tasks belong to a runtime of package
// executor.
//
// # Fairness
//
// An operation that is possible at once costs one operation of the budget of the poll, so a loop over a channel that
// is always ready lets other tasks run. [Select] takes one of the ready cases at random, and [SelectInOrder] the
// first. Tasks of one runtime that wait for one channel receive in the order in which they came. Beside them are the
// goroutines and the other runtimes that receive from it, in the order of Go; and a task that finds a value at its
// first try takes it, also in the instant in which the helper of those that wait passes a value on.
//
// # No value is lost
//
// A receive of Go cannot be undone. A value that has been received for a task which is cancelled at that moment is
// therefore not lost, and not put back:
//
//   - [Recv] and [Select] return it, without an error, in spite of the cancellation, also when the runtime closes. The
//     next await of the body fails. If they return an error, nothing was received and no case was done, and nothing
//     will be. [Send] returns nil if the value was sent, and an error only if it was not and will not be.
//   - A future that is dropped with a value, such as the loser of a Race, leaves it to the first task of its runtime
//     that waits for the channel, or to the next one that receives from it, in the order in which the values were
//     received. Goroutines that receive from the channel do not see it, so where futures of this package are dropped,
//     tasks should be the only receivers. [Count] tells how many values are kept, and [Reclaim] returns them: a
//     program that must have each value calls it after the runtime has ended. A body that is unwound by force, after
//     1,000 failed awaits, drops what it waits for in the same way.
//   - Whether a [SendFuture] that is dropped has sent is not certain.
//
// Select decides between channels and other futures in the same way: exactly one case is done, and a future that is
// not chosen has not been polled to its end.
//
// # Helpers
//
// An operation that is not possible at once is left to a helper, a goroutine that waits for it. All tasks of a
// runtime that receive from one channel have one helper together. Up to 4,096 helpers of a runtime wait for one thing
// each; what waits beyond them is divided among 256 groups, each with one goroutine and a reflect.Select. So there are
// at most 4,352, however many tasks wait, and no wait queues behind another one. (A wait beyond the limit gets a
// helper of its own only if each group has a wait for the other end of its unbuffered channel; such waits meet at
// once.) A helper ends when nothing waits for it, so a runtime that has ended leaves none behind.
//
//	the wait             a wake takes                        memory beside that of the task
//	dedicated helper     the start of a goroutine longer     3.2 KB
//	in a group of k      k times 110 ns longer               0.7 KB, and the stack of a body grows by 2 KB
//	a further task of    no longer                           100 bytes
//	the same channel
//
// # How it works
//
//	a task                               the helper
//	1. tries the operation               1. finds under the lock that something waits
//	2. enters the line, under the lock   2. waits in the channels, and for a token
//	3. suspends                          3. gives the value to the first of the line, under the lock, and wakes it
//
// A task that no longer waits leaves the line and sends the token, which ends the wait of a helper whose line is
// empty. A Select withdraws its channels in this way before it polls its futures: if the helper takes the token at once, it has
// done no case in that round; otherwise the task waits for its answer, which comes as soon as the helper runs.
package gochan
