// Package iocp is the Windows backend of package reactor: a [reactor.Poller] over an I/O completion port.
//
// # Readiness over completion
//
// Windows tells when an operation has ended, not when one would not block. The exception is what select is
// made of: the socket driver, \Device\Afd, takes a request to end as soon as a socket is ready, and that
// request can complete on a port. So each socket has at most one such poll outstanding. Wait starts the
// polls that are due, fetches completed ones in batches, and reports them. There is no limit on sockets but
// memory: each costs some 200 bytes, and each 32 of them share a handle of the driver.
//
// # What it does beyond the contract
//
//   - A poll is one question with one answer, so the Poller is a [reactor.Rearmer]: under Edge a direction is
//     asked for again by Rearm. Under Level each report costs a poll in the next Wait.
//   - Polls are started when a Wait begins, or at once when one is blocked. A change of what is asked for
//     cancels the outstanding poll; the next is started when its completion has been fetched.
//   - What the driver says comes out as follows.
//
// | AFD_POLL_                | Readiness                                             |
// | RECEIVE, ACCEPT          | ReadReady                                             |
// | SEND                     | WriteReady                                            |
// | RECEIVE_EXPEDITED        | PriorityReady                                         |
// | DISCONNECT               | ReadReady and ReadClosed, and WriteClosed for a hangup |
// | ABORT                    | ErrorReady, ReadClosed and WriteClosed                |
// | CONNECT_FAIL             | ErrorReady                                            |
//
// A hang-up is a disconnect of a socket that was shut down for sending before. A disconnect comes
// first and the shutdown later: that is not reported, and the one who shuts down knows it.
//
// Only sockets can be added, and a socket that is closed before it is deleted is forgotten without a word.
// An Edge registration whose ReadReady was reported and that has not been rearmed is not told of the
// peer's end either; reading to would-block, which it owes, will find it.
//
// Where a layered service provider sits on top of a socket, the base provider's is what is polled.
//
// # Time
//
// A timeout is rounded up to milliseconds, and ends at a tick of the system's clock: up to 16 ms late, or 1 ms
// if a program asks Windows for a finer tick.
//
// On other systems than Windows the package compiles, and New returns an error that wraps
// errors.ErrUnsupported. So does New on a Windows without the driver, which it names.
package iocp
