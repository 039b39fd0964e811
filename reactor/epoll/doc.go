// Package epoll provides a [reactor.Poller] over epoll, for Linux.
//
// A program that uses the executor gets it by default on Linux. A program with a loop of its own calls [New] and
// passes the Poller to [reactor.New], or calls Add and Wait itself, as the example does. On other systems the
// package compiles, and New returns an error that wraps errors.ErrUnsupported.
//
// # Within the contract
//
//   - Level, Edge and OneShot are the kernel's own modes, so the Poller is not a [reactor.Rearmer].
//   - One Wait is one system call, unless a signal interrupts it: then it waits again for the rest of the timeout.
//   - Timeouts have nanoseconds where the kernel has epoll_pwait2 (5.11 and later, unless a sandbox forbids it).
//     Elsewhere they are rounded up to milliseconds. New finds out by a first call.
//   - The kernel's event bits are translated as follows.
//
// | epoll      | Readiness                  |
// | EPOLLIN    | ReadReady                  |
// | EPOLLOUT   | WriteReady                 |
// | EPOLLPRI   | PriorityReady              |
// | EPOLLRDHUP | ReadClosed                 |
// | EPOLLHUP   | ReadClosed and WriteClosed |
// | EPOLLERR   | ErrorReady                 |
//
// Readable also requests EPOLLRDHUP, which only sockets report. The reading end of a pipe is hung up when the last
// writer has closed it, though bytes may still be in it; the writing end has EPOLLERR when the last reader has
// closed it. A TCP socket on which neither connect nor listen was called is writable and hung up.
//
// # System calls
//
// Calls that cannot block (epoll_ctl, a Wait with timeout 0, the write of a Notify) bypass the Go scheduler's
// bookkeeping for system calls, which is a third of their time. A Wait that may block does not bypass it: the
// scheduler must know, or a garbage collection would wait for it.
package epoll
