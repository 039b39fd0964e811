// Package stdnet provides net.Conn, net.Listener and net.PacketConn over the sockets of executor/net, for code that knows
// only those of package net.
//
// # Bound connections
//
// [Bind] makes a net.Conn of a stream for one task: its Read and Write suspend the task, as those of the stream do. It
// is for code that stays on the goroutine that calls it:
//
//	c := stdnet.Bind(co, s)
//	request, err := http.ReadRequest(bufio.NewReader(c))
//
// bufio, net/textproto, crypto/tls and parsers of protocols do so. Code that starts goroutines of its own, such as the
// server and the transport of net/http, does not: there, a bound connection answers with [ErrForeign].
//
// # One task, one connection
//
// A bound connection belongs to the body that has called Bind, as its *coro.Co does. Where a Co panics, the connection
// returns an error: Read and Write of another task, of another goroutine, or after the end of the body fail with
// ErrForeign and disturb nothing. (But a tls.Conn above it keeps such an error, and is broken.) Several tasks may use one
// stream: each binds it for itself. Close and the deadlines are the stream's, and for any goroutine.
//
// # No lock over a read
//
// Code that was made for goroutines may hold a lock while it reads: a tls.Conn holds one in Read, and others in Write and
// in Handshake. Tasks must not share such a value. The second task that calls Read blocks in the lock, and with it its
// worker, until the first one has read; if both are tasks of one worker, for ever. That happens before any code of this
// package is called, so there is no error. The watchdog of the runtime reports it: Blocked of an executor.LongPoll names
// the lock, and Holders has the stack of the task that is likely to hold it. The log has both.
//
// # Closing a TLS session
//
// The Close of a tls.Conn writes a close_notify, without which the peer cannot tell the end from an attack. In the
// clean-up of a task that was aborted every write fails, so Close needs a shield, and should have a deadline there:
//
//	defer coro.Shield(co, func(co *coro.Co) error {
//		return coro.WithTimeout(co, time.Second, func(*coro.Co) error { return c.Close() })
//	})
//
// Without a shield Close returns an error that is core.ErrCancelled, and closes the stream. A timeout in a Read or a
// Handshake may be that of a deadline or of a coro.WithTimeout. A context that is passed to HandshakeContext works, too: at
// its end crypto/tls closes the connection, on a goroutine of its own.
//
// # Free connections
//
// [Listen], [ListenPacket], [Dialer], [Free] and [FreeListener] make sockets that any goroutine may use, as those of package
// net: for the server and the transport of net/http, for drivers of databases, for everything that starts goroutines of its
// own. A call first tries on its goroutine, and waits for a worker's reactor if it must. No task and no second goroutine takes
// part.
//
//	l, err := stdnet.Listen(rt, "tcp", ":8080")
//	...
//	err = server.Serve(l) // an *http.Server
//
// A task accepts or dials by itself, and hands the stream on with Free. The result of Free over a *udp.Socket or a
// *unix.Datagram is a net.PacketConn, too. FreeListener makes a net.Listener of a listener that exists, such as one that a
// service manager has passed (package executor/net/activation).
//
// They do what package net does: deadlines, also while a call waits; a Close, which ends all calls that wait; writes of
// several goroutines, which do not interleave; errors of the same form. They differ in this:
//
//   - A call that would have to wait fails with [ErrOnWorker] where it would stop a worker, of whichever runtime of package
//     executor: inside a task, and in what else a worker calls, such as a waker, OnPanic or a handler of the log. A call that
//     need not wait succeeds. A dial is always refused there. Code that waits for goroutines of its own, as an http.Client
//     and a full pool of database/sql do, is not detected: it blocks the worker, which the watchdog reports. So a task calls
//     all such code in executor.Blocking.
//   - A listener closes when its runtime drains. Connections go on, and once the runtime has ended, calls that would have
//     to wait fail with an error that is core.ErrShutdown and net.ErrClosed. http.Server.Shutdown comes before that of the
//     runtime.
//   - An Accept waits while the process is out of descriptors, and logs that once, where that of package net returns an error.
//   - SO_BROADCAST is off: a Control function turns it on.
//   - Listen needs a port, and a name for "unix"; empty messages of "unixpacket" are skipped, and not io.EOF.
//   - FreeListener turns no keep-alive on: a connection has that of the listener (tcp.ListenConfig.KeepAlive) or of the adopted
//     socket (KeepAlive= of a unit of systemd), and SetKeepAliveConfig changes it.
//   - There is no finalizer: a connection that is dropped without Close keeps its descriptor.
//   - The timeout of a dial is os.ErrDeadlineExceeded, too. A deadline is late by up to a millisecond.
//   - net.Buffers.WriteTo knows the types of package net only, and writes one buffer after the other to others;
//     [TCPConn.WriteBuffers] writes them together.
//   - Code that asks for a *net.TCPConn gets none. Interfaces with its methods are satisfied: CloseWrite, SetLinger,
//     SyscallConn and the like.
//   - A socket for both families of UDP reports addresses of IPv4 unmapped.
//   - Dialer does not split its timeout between the addresses of a name.
//
// # The cost of a free connection
//
// An echo server of a goroutine for each connection takes about as much processor time as over package net, with 64 and
// with 1,000 connections; a single connection alone on several processors takes twice as much, since the poller of the
// worker wakes it through Go's (tools/bench, W8).
package stdnet
