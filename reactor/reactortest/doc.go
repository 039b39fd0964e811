// Package reactortest tests Pollers and what is built on them.
//
//   - [TestPoller] is the conformance suite: a backend passes it or is none. It needs real sockets and
//     pipes, which it makes with the standard library.
//   - [TestContract] is the part of it that any pair of streams will do for, also ones in memory.
//   - [Fake] is a Poller in memory for tests of what stands above one; it passes TestContract.
//
// The suite asserts what the contract in package reactor promises and no more: it accepts spurious
// events and late ones, never early timeouts. It waits for conditions, with a deadline that is far off,
// so a loaded machine makes it slow and not red. How late timeouts were is logged.
package reactortest
