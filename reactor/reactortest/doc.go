// Package reactortest provides tests of Pollers, and a Poller for tests of the code above one.
//
//   - [TestPoller] is the conformance suite. Every backend has to pass it. It uses real sockets and pipes, which it
//     makes with the standard library.
//   - [TestContract] is the part of it that needs only a pair of streams, which may be in memory.
//   - [TestInternals] and [TestClosed] are for the tests in a backend's own package.
//   - [Fake] is a Poller in memory for tests of the code above a Poller; it passes TestContract.
//
// The suite asserts exactly what the contract in package reactor promises: it accepts spurious and late events, and
// no early timeouts. It waits for conditions, with a timeout that is far longer than any of them takes, so a loaded
// machine makes it slow and not red. It logs how late timeouts were.
package reactortest
