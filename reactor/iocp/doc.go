// Package iocp provides a [reactor.Poller] over an I/O completion port, for Windows.
//
// A program that uses the executor gets it by default on Windows. A program with a loop of its own calls [New] and
// passes the Poller to [reactor.New]. On other systems the package compiles, and New returns an error that wraps
// errors.ErrUnsupported. So does New on a Windows without the socket driver, which the error names.
//
// # Readiness over completion
//
// Windows reports when an operation has completed, not when one would not block, with one exception, which its own
// select uses: the socket driver, \Device\Afd, accepts a request that completes as soon as a socket is ready, and such
// a request can complete on a port. So each socket has at most one such poll outstanding. Wait starts the polls that
// are due, gets completed ones in batches, and reports them. Only memory limits the number of sockets: each takes some
// 200 bytes, and each 32 of them share a handle of the driver.
//
// # Within the contract
//
//   - A poll completes once, so the Poller is a [reactor.Rearmer]: under Edge, Rearm has a direction polled again.
//     Under Level each report costs a poll in the next Wait.
//   - Polls start when a Wait begins, or at once while one is blocked. A change that needs other events cancels the
//     outstanding poll; the next poll starts when the completion of the cancelled one has arrived.
//   - Only sockets can be added. A socket that is closed before it is deleted is dropped without a report.
//   - A hang-up is a disconnect of a socket that was shut down for sending before. If the disconnect comes first and
//     the shutdown later, nothing is reported: the caller of the shutdown knows both.
//   - An Edge registration whose ReadReady was reported and that has not been rearmed gets no report of the peer's
//     end. Its owner has to read until would-block and so finds the end.
//   - A socket may be associated with another completion port, as those of package net are: a poll does not use it.
//   - If a layered service provider is above a socket, the Poller polls the socket of the base provider.
//   - A timeout is rounded up to milliseconds and ends at a tick of the system's clock: up to 16 ms late, or 1 ms
//     if a program has requested a finer tick.
//   - The driver's events are translated as follows.
//
// | AFD_POLL_         | Readiness                                               |
// | RECEIVE, ACCEPT   | ReadReady                                               |
// | SEND              | WriteReady                                              |
// | RECEIVE_EXPEDITED | PriorityReady                                           |
// | DISCONNECT        | ReadReady and ReadClosed, and WriteClosed for a hang-up |
// | ABORT             | ErrorReady, ReadClosed and WriteClosed                  |
// | CONNECT_FAIL      | ErrorReady                                              |
package iocp
