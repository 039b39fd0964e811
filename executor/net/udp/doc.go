// Package udp has UDP sockets for tasks: [Socket], with [Listen], [Bind], [Dial] and [Connect].
//
// # Three styles
//
// Whatever may wait exists three times. In direct style it takes a *coro.Co and suspends the body until
// it is done:
//
//	n, from, err := s.ReadFrom(co, buf)
//
// In poll style it takes the context of a poll and never waits:
//
//	n, from, ready, err := s.PollReadFrom(cx, buf)
//
// If ready is false, the operation is pending: nothing was done, the other results are zero, and
// cx.Waker() is woken when it should be polled again. A future that is dropped while it waits, and
// does not close the socket, calls [Socket.Unwait].
//
// The Try form needs no task, so that anybody can use it:
//
//	n, from, ok, err := s.TryReadFrom(buf)
//
// If ok is false, the operation would have to wait. It knows no deadline and spends no budget.
//
// # Datagrams
//
// A datagram is read as a whole. What the buffer has no room for is lost, and the read says so: it
// fails with io.ErrShortBuffer, and n and from are good all the same. An empty datagram is 0 bytes
// without an error; there is no end of a stream.
//
// [Socket.ReadBatch] and [Socket.WriteBatch] move up to 64 datagrams in one system call where the
// system can do that, and one by one elsewhere.
//
// A datagram is sent whole or not at all. That it was sent says nothing of its arrival. A connected
// socket gets to know when nobody listens at the other end: the next read or write fails with
// syscall.ECONNREFUSED, once, and the socket is as good as before. Such an error concerns a datagram
// that was sent earlier; the datagram of the write that returns it was not sent.
//
// # Addresses
//
// An address is a netip.AddrPort. Those of IPv4 are plain, never mapped into IPv6, also where a socket
// of both families receives them. A zone is the name of an interface, or its number; one that names none
// is refused with a *net.AddrError.
//
// # Goroutines
//
// All methods may be called from any goroutine, those that wait from any task, of any worker. Any
// number of tasks may read or write at a time; each datagram goes to one of the readers.
//
// A Socket belongs to no runtime. It is registered with the worker of the first task that has to
// wait; there it stays, and wakes tasks wherever these are. If that runtime ends, the next one to
// wait takes the socket over.
//
// # Errors
//
// Errors are those of package net, in a *net.OpError: net.ErrClosed after Close, which also ends what
// is waiting; os.ErrDeadlineExceeded after a deadline of the socket. A wait that is cut short because
// its task is cancelled returns what [coro.Await] does, inside the OpError.
//
// # Sockets must be closed
//
// There is no finalizer: a Socket that is dropped without Close keeps its descriptor. In direct style that
// is a defer, and a body that gets it from another task takes it over with executor.GoOwning; in poll
// style a future that owns it closes it in Drop.
package udp
