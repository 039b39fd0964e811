// Package broadcast provides a channel in which every receiver gets every value.
//
//	tx, rx := broadcast.New[string](16)
//	another := tx.Subscribe()
//
//	n, err := tx.Send("hello") // to both
//
// A [Sender] never waits. A [Receiver] gets what is sent after it was made, in order. A receiver that falls more than
// the capacity behind loses the oldest values: its next receive fails with a [*LagError] that says how many, and the
// one after that returns the oldest value that is left. So a slow receiver costs bounded memory, and neither the
// sender nor the other receivers wait for it. Examples that run on a runtime are with package executor.
//
// Clone makes another sender, with a Close of its own. When every sender is closed, receivers get what is left and
// then [ErrClosed].
//
// # Memory
//
// The ring grows up to the capacity as receivers fall behind, and not before; it does not shrink. A value is released
// when each receiver that was to get it has received it, has lost it or was closed. A receiver that is forgotten
// without Close keeps as many values as the capacity.
//
// # Locking
//
// A channel has one lock, which is held to copy one value. Values should be small, or pointers.
package broadcast
