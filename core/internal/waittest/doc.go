// Package waittest provides what the tests of core/lock and core/channel have in common.
//
//   - Hosts: [Host] (a coretest host that the test closes), and [Solo] for benchmarks.
//   - Polls by hand: [Waiter], [Poll] with a [Waker], [Spy].
//   - Tasks: [Spawn] and [Output], [Body] and [Ended].
//   - Checks: [MustPanic], [Allocates], [Wait] and [Goroutine], which count allocations of waits, and [Released].
package waittest
