// Package exchange provides an HTTP/1 server loop for the body of a task: handlers run on the coroutine of the task, so
// they may await, and a connection that waits for a request costs nothing here.
//
//	next := exchange.Serve(co, conn, link, config, head)
//
// [Serve] serves the requests that are there, and returns when no further one has begun. The caller then parks the
// connection in whatever form is cheapest, and calls Serve in another task when the next request comes. All buffers come
// from a pool, and are back there before Serve returns.
//
// Requests are parsed by http.ReadRequest, so that what package http accepts and refuses is the same here. The rest is the
// behaviour of http.Server: texts of errors and of the log, headers that a response gets, which connections stay open.
//
// # Who may touch what
//
//	serving           the body; it is taken from the pool by Serve and goes back at its end
//	exchange, body    the body, while the handler runs: other goroutines get stdnet.ErrForeign, see owner
//	requestContext    any goroutine, also after the handler has returned; its lock guards it and the watch
//	Link, Conn        the caller of Serve, and the body during Serve
//
// A handler may keep what it was given. So an exchange, its body and its context are made for each request and not used
// again, and they touch the serving only while the handler runs.
//
// # What differs from http.Server
//
//   - A handler that blocks its goroutine blocks a worker. http.TimeoutHandler and httputil.ReverseProxy do.
//   - The ResponseWriter and the Request.Body belong to the goroutine of the handler. Another one gets an error, and
//     so does an iterator that the handler drives through iter.Pull.
//   - http.MaxBytesReader notifies the server of a body that is too large through a method that no other package can
//     have. Here that is found if the reader was stored in the Body of the request that the handler was called with; else
//     up to 256 KB of the rest of the body are read, and the connection stays open.
//   - After the end of the handler a Write fails.
//   - Over TLS a disconnect of the peer does not end the context of the request: see [Conn].
//   - The connection that Hijack returns is no *net.TCPConn.
package exchange
