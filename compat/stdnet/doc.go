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
package stdnet
