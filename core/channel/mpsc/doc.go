// Package mpsc provides channels from many senders to one receiver, for tasks and goroutines.
//
//	tx, rx := mpsc.New[int](16)
//
//	err := tx.Send(co, 7)        // in one task: suspends it while 16 values are queued
//
//	for v, err := range rx.All(co) { // in another: until every sender is closed
//		...
//	}
//
// [New] makes a bounded channel: a send into a full one waits for a slot. [Unbounded] makes a channel without limit,
// where a send never waits. Examples that run on a runtime are with package executor.
//
// # Ends
//
// A channel has one [Receiver], which belongs to one task or goroutine at a time, and any number of senders: many
// tasks may use a [Sender] at once, and Clone makes another, with a Close of its own.
//
//	                 the other end
//	tx.Close()       the receiver gets what is queued, and then ErrClosed, once every sender is closed and every
//	                 Permit is used. A WeakSender does not keep the channel open.
//	rx.Stop()        sends fail with ErrClosed, also those that wait for a slot. What is queued, and what is sent
//	                 with permits from before, can still be received.
//	rx.Close()       sends fail with ErrClosed, also with permits. What is queued is released.
//
// A task that is done with a receiver calls Close, or the queued values live as long as the senders do.
//
// A channel disposes of no value: it only releases the memory. A value that must be closed belongs to the sender if
// Send returns an error, and to the receiver otherwise. A receiver of such values calls Stop, receives until
// ErrClosed and closes each value, and then calls Close.
//
// # Order
//
// Values arrive in the order in which they were sent. Senders that wait get slots in the order in which they came,
// also when their budget is spent, and no sender overtakes them, not even with TrySend. A sender that was granted a
// slot and is dropped before its next poll passes the slot on.
//
// # Forms
//
// As in package core/lock, each operation that may wait has three forms: Send and Recv take the *coro.Co of a body in
// direct style; SendFuture and the Receiver itself are futures; SendWait and RecvWait block a plain goroutine.
// Methods that end in On are for callers that have a Context: they wake tasks of the same worker without an atomic
// operation.
//
// # How it works
//
// Values are stored in a list of chunks, so that neither a huge capacity nor an unbounded channel takes memory before it is
// used. Senders append under a lock. The receiver reads under the lock how many values there are, and then takes
// that many without it. After each of these it publishes the number of values that it has taken, from which senders
// compute how many slots are free. The receiver takes the first value while it holds the lock, and counts it apart,
// because the lock publishes that count.
//
// No sender waits for a slot that is free:
//
//	a sender that finds no slot (1) enters the line and sets crowded, then (2) loads the receiver's count again.
//	the receiver (1) stores its count, then (2) loads crowded.
//
// So one of them sees what the other has stored.
package mpsc
