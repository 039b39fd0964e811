// Package watch provides a channel that holds one value, whose changes receivers see.
//
//	tx, rx := watch.New(config)
//
//	err := tx.Send(changed)     // replaces the value
//	config, err := rx.Next(co)  // the newest value, once it is one that rx has not seen
//
// A [Receiver] waits until there is a value that it has not seen, and gets the newest. It never sees a value that was
// replaced before it looked. It always sees the last one: when every sender is closed, a receiver gets the value that
// it has not seen, and then [ErrClosed]. Examples that run on a runtime are with package executor.
//
// A receiver has seen nothing at first, so its first receive returns the present value at once. Get returns the value
// at any time, and does not mark it as seen. Subscribe and Clone make more receivers, and Clone more senders, each
// with a Close of its own.
//
// Values are copied under the lock of the channel, which is held for no longer than that, so no receiver sees half of
// one. They should be small, or pointers to what is not modified.
package watch
