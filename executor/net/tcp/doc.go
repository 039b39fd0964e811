// Package tcp has TCP sockets for tasks: [Listener], [Stream] and [Dial].
//
// # Two styles
//
// Whatever may wait exists twice. In direct style it takes a *coro.Co and suspends the body until it
// is done, so code reads as with package net:
//
//	n, err := s.Read(co, buf)
//
// In poll style it takes the context of a poll and never waits:
//
//	n, ready, err := s.PollRead(cx, buf)
//
// If ready is false, the operation is pending: nothing was done, the other results are zero, and
// cx.Waker() is woken when it should be polled again. Otherwise n and err are what the operation
// came to. A future that is dropped while it waits, and does not close the socket, calls
// [Stream.Unwait].
//
// A connection that is mostly idle should not hold a buffer, nor a stack, while it waits:
// [Stream.PollReadable] waits without either.
//
// # Goroutines
//
// All methods may be called from any goroutine, those that wait from any task, of any worker. Any
// number of tasks may accept on a listener, or read or write on a stream, at a time; whoever is
// first gets the connection or the bytes. A Write of more than the socket has room for is done in
// pieces, between which another task's Write may come.
//
// A socket belongs to no runtime. A Stream is registered with the worker of the task that accepted or
// dialed it, a Listener with that of the first task that has to wait; there they stay, and wake tasks
// wherever these are. If that runtime ends, the next one to wait takes the socket over.
//
// A Listener closes when the runtime whose task has accepted last drains, that is when Shutdown or Close of the
// runtime begins: accepts end with net.ErrClosed, and the port refuses. Connections go on; an idle one waits
// under executor.UntilDrain, and so learns of the drain.
//
// # Errors
//
// Errors are those of package net, in a *net.OpError: errors.Is finds syscall.ECONNREFUSED,
// ECONNRESET, EADDRINUSE and so on; net.ErrClosed after Close, which also ends what is waiting;
// os.ErrDeadlineExceeded after a deadline of the socket. A wait that is cut short because its task
// is cancelled returns what [coro.Await] does, core.ErrCancelled or the error of the scope, inside
// the OpError. The end of the stream is io.EOF, bare. An abort that comes in the middle of a Write
// leaves n saying how much was written.
//
// # Sockets must be closed
//
// There is no finalizer: a Stream or Listener that is dropped without Close keeps its descriptor.
// In direct style that is a defer of the body that has the socket. A body that gets one from another task
// takes it over with executor.GoOwning, which closes it if the runtime refuses the task:
//
//	executor.GoOwning(co, s, func(co *coro.Co) (int64, error) {
//		defer s.Close()
//		return stream.Copy(co, s, s)
//	})
//
// [ListenerGroup.Serve] does so by itself. In poll style a future that owns a socket closes it in Drop. A socket
// that is sent through a channel is closed by the sender if sending fails, and otherwise by the receiver, which
// takes out what is left before it discards the channel: channels, and the outputs of tasks that nobody joins,
// close nothing.
package tcp
