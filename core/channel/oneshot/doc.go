// Package oneshot is a channel for a single value: a promise and its future.
//
//	tx, rx := oneshot.New[int]()
//
// The [Sender] sends once. The [Receiver] is itself a core.Future of the value, to be awaited,
// raced or embedded; bodies call [Receiver.Recv], plain goroutines [Receiver.RecvWait]. Sender and
// receiver may be on any task and goroutine.
//
// # Ends
//
//	                what the other end finds
//	tx.Send(v)      v
//	tx.Close()      ErrClosed, unless a value was sent
//	rx.Close()      ErrClosed from Send; what was sent before is still received
//	rx.Drop()       ErrClosed from Send; what was sent before is released
//
// The channel releases a value by forgetting it. A value that must be closed is the sender's if Send returns an
// error, and otherwise the receiver's: one that gives up waiting calls Close and then TryRecv, and never Drop.
//
// Go has no destructors: a Sender that is merely forgotten leaves its receiver waiting. Who has one
// defers its Close, which changes nothing after a Send.
//
// The whole channel is one allocation, and waiting adds none.
package oneshot
