// Package broadcast is a channel in which every receiver gets every value.
//
//	tx := broadcast.New[string](16)
//	rx := tx.Subscribe()
//
// A [Sender] never waits. A [Receiver] gets what is sent from its Subscribe on, in order. One that
// falls more than the capacity behind loses the oldest values: its next receive says how many, with a
// [*LagError], and then it goes on with the oldest value that is left. So a slow receiver costs
// bounded memory, and neither the sender nor the others wait for it.
//
// When the sender is closed, receivers get what is left and then [ErrClosed].
//
// # Memory
//
// The ring grows up to the capacity as receivers fall behind, and not before; it does not shrink. A
// value is let go of when the last receiver that was to get it has received it, has lost it or was
// closed. A receiver that is forgotten without Close holds on to as many as the capacity.
//
// # Locking
//
// A channel has one lock, held to copy one value. Values should be small, or pointers.
package broadcast
