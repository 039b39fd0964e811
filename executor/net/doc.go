// Package net is the documentation of the sockets for tasks. It declares nothing; import the packages below it:
//
//   - [github.com/moduvex/moduvex-go/executor/net/tcp]: TCP connections, listeners, a group of listeners for all
//     workers, and a dialer that looks names up and tries several addresses.
//   - [github.com/moduvex/moduvex-go/executor/net/udp]: UDP sockets, batches of datagrams, multicast.
//   - [github.com/moduvex/moduvex-go/executor/net/unix]: Unix sockets: byte streams, messages, datagrams, and
//     descriptors that are passed with them.
//   - [github.com/moduvex/moduvex-go/executor/net/activation]: the sockets that systemd passes to the process.
//   - [github.com/moduvex/moduvex-go/executor/net/stream]: what byte streams have in common: Reader, Writer, Duplex,
//     Copy and CopyBidirectional, for TCP, for Unix sockets and for types of your own.
//
// # Two styles
//
// Each operation that may wait exists in two styles. In direct style it takes a *coro.Co and suspends the body of
// the task until the operation is over:
//
//	n, err := s.Read(co, buf)
//
// In poll style its name begins with Poll, it takes the context of a poll, and it never waits:
//
//	n, ready, err := s.PollRead(cx, buf)
//
// If ready is false, the operation is pending: it has done nothing, the other results are zero, and the socket wakes
// cx.Waker() when the future should poll again. A future that is dropped while an operation is pending calls Unwait
// of the socket with the waker that it polled with, unless it closes the socket. Functions whose names end in Future
// return a future, for combinators and for executor.Spawn.
//
// For code without a task there is a third form, of the operations that move data and of accepts. Its name begins with Try,
// it takes no context, and it tries once: if ok is false, the operation would wait, and has done nothing. Any goroutine
// may call it.
//
//	n, ok, err := s.TryRead(buf)
//
// A connection that is idle most of the time should hold neither a buffer nor a stack while it waits:
// PollReadable waits without either, and WaitReadable without a buffer.
//
// # Errors
//
// The errors are those of the standard package net: a *net.OpError that wraps the cause.
//
//	| errors.Is(err, ...)          | when                                                                      |
//	|------------------------------|---------------------------------------------------------------------------|
//	| net.ErrClosed                | the socket is closed, also by a Close during the operation; or it is zero |
//	| os.ErrDeadlineExceeded       | a deadline of the socket has passed                                       |
//	| core.ErrCancelled            | the task is cancelled; inside a group or a timeout, the error of that one |
//	| syscall.ECONNREFUSED, ...    | the system call failed so                                                 |
//	| errors.ErrUnsupported        | the system cannot do this, or the task's host has no reactor              |
//
// The end of a byte stream is io.EOF, without an OpError around it. An operation that fails after a part of its work
// returns how much it did.
//
// # Deadlines
//
// SetDeadline, SetReadDeadline and SetWriteDeadline work as those of package net: they apply to pending and to later
// operations, any goroutine may set them at any time, and the zero time means none. Once a deadline has passed,
// operations fail at once, even if there is something to read, until a later deadline is set. A timeout of the task
// (coro.WithTimeout) bounds everything in its body; a deadline of the socket bounds one direction of one socket for
// all tasks.
//
// # Goroutines and runtimes
//
// Any goroutine may call the methods that do not wait, and any task, on any worker, those that do. Any number of
// tasks may use one socket at a time.
//
// A socket belongs to no runtime. A connection is registered with the reactor of the worker whose task accepted or
// dialed it, every other socket with that of the first task that has to wait. The registration stays there, and wakes
// tasks on every worker. If that runtime ends, the next task that has to wait registers the socket with its own.
//
// An ordinary goroutine waits for a socket in three ways: it polls with the context of a Parker of the runtime; it runs a
// task and waits for that; or it uses a RawConn, with system calls of its own.
//
// A listener closes when the runtime of the task that accepted last begins to drain: accepts end with net.ErrClosed,
// and the port refuses connections. Accepted connections go on. An idle connection waits in executor.UntilDrain and
// so learns of the drain.
//
// # System calls of your own
//
// SyscallConn, RawConn and RawConnWith of a socket return its syscall.RawConn. Read and Write of that repeat their function
// until it returns true, and wait in between, as those of package net do:
//
//	| from           | is for               | waits by                                                            |
//	|----------------|----------------------|---------------------------------------------------------------------|
//	| RawConn(co)    | the body of co       | suspending the body                                                 |
//	| RawConnWith(f) | ordinary goroutines  | blocking the goroutine with what f returns, a Parker for example    |
//	| SyscallConn()  | ordinary goroutines  | blocking the goroutine, if a task has waited for the socket before  |
//	| PollRawRead,   | futures              | a poll calls the function once, and again if there was an event     |
//	| PollRawWrite   |                      | meanwhile                                                           |
//
// The RawConns for goroutines fail with core.ErrNested inside a task, where they would block the worker.
//
// # From and to packages net and os
//
// FromConn of a package takes a connection over from package net, and FileConn, FileListener and so on one from an *os.File.
// They duplicate the descriptor, check what it is, and make it non-blocking. Options of the socket stay; deadlines, which
// are those of the other package, do not. The File method of a socket is the way back: net.FileConn takes such a file.
// On Windows package net has a socket for itself: it takes one that no other connection of package net has, and FromConn
// takes it away. Package activation has the sockets that a service manager passes to the process, which Windows has not.
//
// # Closing
//
// There is no finalizer: a socket that is dropped without Close keeps its descriptor. Close wakes all operations that
// wait, and they return net.ErrClosed; a second Close returns net.ErrClosed, too. A zero socket is a closed one,
// and its errors say that it is zero.
//
// In direct style the body that owns a socket closes it with defer. A body that receives a socket from another task
// is spawned with executor.GoOwning, which closes the socket if the runtime refuses the task:
//
//	executor.GoOwning(co, s, func(co *coro.Co) (int64, error) {
//		defer s.Close()
//		return stream.Copy(co, s, s)
//	})
//
// In poll style the future that owns a socket closes it in Drop. A socket that is sent through a channel is closed by
// the sender if the send fails, and otherwise by the receiver, which takes the remaining sockets out before it
// discards the channel: channels, and outputs of tasks that are not joined, close nothing.
package net
