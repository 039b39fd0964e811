// Package epoll is the Linux backend of package reactor: a [reactor.Poller] over epoll.
//
// # What it does beyond the contract
//
//   - Level, Edge and OneShot are the kernel's own, so it is no [reactor.Rearmer].
//   - One Wait is one system call, unless a signal interrupts it: then it waits again for what is left.
//   - Timeouts have nanoseconds where the kernel has epoll_pwait2 (5.11 and later, unless a sandbox
//     forbids it); elsewhere they are rounded up to milliseconds. Which it is, New finds out by trying.
//   - The reasons epoll gives come out as follows.
//
// | epoll      | Readiness                  |
// | EPOLLIN    | ReadReady                  |
// | EPOLLOUT   | WriteReady                 |
// | EPOLLPRI   | PriorityReady              |
// | EPOLLRDHUP | ReadClosed                 |
// | EPOLLHUP   | ReadClosed and WriteClosed |
// | EPOLLERR   | ErrorReady                 |
//
// EPOLLRDHUP is asked for along with Readable, and only sockets have it. A pipe's reading end is hung up
// when the last writer has gone, though bytes may still be in it; a pipe's writing end has EPOLLERR
// when the last reader has gone. A TCP socket on which neither connect nor listen was called is writable
// and hung up.
//
// # System calls
//
// Calls that cannot block (epoll_ctl, a Wait with timeout 0, the write that notifies) bypass the Go
// scheduler's bookkeeping for system calls, which costs a third of their time. A Wait that may block does
// not: the scheduler must know, or a garbage collection would wait for it.
//
// On other systems than Linux the package compiles, and New returns an error that wraps
// errors.ErrUnsupported.
package epoll
