// Package mpsc has channels from many senders to one receiver, for tasks and goroutines.
//
// [New] makes a bounded channel: who sends into a full one waits for a place. [Unbounded] makes one
// without limit, where sending never waits.
//
// # Ends
//
// A channel has one [Receiver], which belongs to one task or goroutine at a time, and any number of
// senders: a [Sender] may be used by many at once, and Clone makes another, with a Close of its own.
//
//   - When every sender is closed and every [Permit] used, the receiver gets what is queued and then
//     [ErrClosed]. A [WeakSender] does not keep the channel open.
//   - Receiver.Close keeps new values out: senders get ErrClosed, also those that wait for a place.
//     What is queued, and what is sent with permits from before, can still be received.
//   - Receiver.Discard releases what is queued as well. Who is done with a receiver calls it, or the
//     values live as long as the senders do.
//
// A channel closes nothing of what it holds. Values that must be released have these owners: the sender, if
// Send returns an error; the channel's receiver from then on, which closes the channel and takes out what is
// left before it discards it.
//
// # Order
//
// Values arrive in the order in which they were sent. Senders that wait get places in the order in which
// they came, whatever is left of their budget, and nobody overtakes them, not even TrySend. One that is given
// up after its turn has come passes its place on.
//
// # Forms
//
// What may wait comes in three forms, as in package core/lock: Send and Recv take the *coro.Co of a
// body in direct style; SendFuture and the Receiver itself are futures; SendWait and RecvWait block
// a plain goroutine. Methods that end in On do what those without it do, for callers that have a
// Context: tasks of the same worker are then woken without an atomic hand-off.
//
// # How it works
//
// Values lie in a list of chunks, so that neither a huge capacity nor an unbounded channel takes
// memory before it is used. Senders append under a lock. The receiver looks under the lock how much
// there is, and then takes that much without it: each time it publishes how many values it has
// taken, from which senders work out how many places are free. A sender that finds none queues up
// and says so, then looks again; the receiver publishes first and then looks whether somebody has
// queued up. So one of them sees the other. What it takes while it has the lock, which is the first
// value each time that it looks, it counts apart: the lock publishes that.
package mpsc
