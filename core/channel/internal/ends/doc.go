// Package ends implements what the ends of all channels share.
//
//   - [Latch]: the wait of senders until no receiver is left.
//   - [Flat] and [All]: the direct style of receivers, made from their futures.
//   - [Conflict]: the check that one task or goroutine at a time waits with a receiver.
package ends
