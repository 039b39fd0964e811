// Package watch is a value that receivers see change.
//
//	tx := watch.New(config)
//	rx := tx.Subscribe()
//
// It keeps one value, the newest. A [Receiver] waits until there is one that it has not seen yet and
// gets that; values that were replaced before it came to look it never sees. It sees the last one for
// certain: after a Close, receivers get the value that they have not seen, and then [ErrClosed].
//
// A receiver has seen nothing at first, so that its first receive answers at once with the value that
// there is. Get reads the value at any time, without a say in what was seen.
//
// Values are copied under the lock of the channel, which is held for no longer than that, so nobody
// sees half of one. They should be small, or pointers to what nobody changes.
package watch
