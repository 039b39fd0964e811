// Package oneshot provides a channel for a single value: a promise and its future.
//
//	tx, rx := oneshot.New[int]()
//
//	err := tx.Send(7)       // in one task or goroutine, once
//	v, err := rx.Recv(co)   // in another
//
// The [Sender] sends once. The [Receiver] is itself a future of the value, to be awaited, raced or embedded; bodies
// call [Receiver.Recv], plain goroutines [Receiver.RecvWait]. Any task and any goroutine may have either end.
// Examples that run on a runtime are with package executor.
//
// # Ends
//
//	                the other end
//	tx.Send(v)      receives v
//	tx.Close()      gets ErrClosed, unless a value was sent
//	rx.Stop()       gets ErrClosed from Send; a value that was sent before can still be received
//	rx.Close()      gets ErrClosed from Send; a value that was sent before is released
//
// The channel disposes of no value: it only releases the memory. A value that must be closed belongs to the sender if
// Send returns an error, and to the receiver otherwise. A receiver that gives up such a value calls Stop, then TryRecv,
// and closes what that returns.
//
// Go has no destructors: the receiver of a Sender that is merely forgotten waits for ever. A task that has a Sender
// defers its Close, which does nothing after a Send.
//
// The channel and both ends are one allocation, and waiting adds none.
package oneshot
