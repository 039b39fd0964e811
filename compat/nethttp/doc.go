// Package nethttp provides an HTTP server with the engine of net/http, whose connections without a request hold no goroutine, no
// stack and no buffer: each takes about 0.6 KB of memory instead of 19 KB (tools/bench, W11).
//
//	rt, err := executor.New(executor.Options{})
//	...
//	s := &nethttp.Server{Runtime: rt, HTTP: &http.Server{Addr: ":8080", Handler: mux}}
//	log.Fatal(s.ListenAndServe())
//
// It is for servers with many connections that are mostly quiet: long polls, keep-alive behind proxies and for browsers,
// rare server-sent events, clients that are slow on purpose. Any http.Handler runs on it unchanged, with all that
// net/http has: Flush, Hijack, trailers, 100-continue, HTTP/2, contexts that end with the client, sendfile.
//
// # How it works
//
// The engine is an http.Server, which accepts from a listener of this package. A connection alternates between it and a
// task of the runtime:
//
//	                 a request is there, as far as its header        the handler runs
//	accept → parked ──────────────────────────────────────→ engine ─────────────────────┐
//	          ↑                                                                         │
//	          └──────── no further request is there, or has come within Server.Linger ──┘
//
// A parked connection is a task in poll style, which collects the header of a request itself. So half a request holds no goroutine
// either, and ReadHeaderTimeout and IdleTimeout are timers of the runtime. With the header whole, the engine accepts the
// connection as if it were new: it has a lease of it. When the engine waits for a further request, its Read returns io.EOF, at
// once or after the linger, and the Close that follows detaches the connection instead of closing it. Both times the socket stays
// as it is. One sweep for all connections ends the lingers; deadlines for each request would cost more than the rest.
//
// A connection lingers only once a request has come within the linger after a park, and until a linger ends without one. So
// a busy client finds its goroutine waiting, and a quiet one costs no wake for the end of a wait.
//
// state.go has the states of a connection, lease.go the argument that no byte is lost, conn.go which part may touch which field.
//
// # Where handlers run
//
// With [Goroutines], the default, a handler runs on a goroutine and may block, as with net/http.
//
// With [Tasks], the handlers of HTTP/1 without TLS run in tasks, in an HTTP/1 loop of this package; requests are still parsed
// by http.ReadRequest. There a handler awaits with [Co], or with [Await], which works in both exchanges, and does not block: what blocks belongs into executor.Blocking. A
// connection that is served takes a pooled coroutine and no goroutine. Its ResponseWriter and Request.Body are for the
// handler's own goroutine. Of what net/http does, it lacks the notice of http.MaxBytesReader to the server, unless the reader
// is in the Body of the handler's request.
//
// # What differs from net/http
//
//   - TLS is by [Server.ServeTLS]. A listener of crypto/tls works, but its connections keep their goroutines.
//   - Connections of HTTP/2 keep their goroutines, with TLS or without, until IdleTimeout or the client ends them.
//   - The net.Conn of ConnState and ConnContext is one of this package. It is the same for the life of a connection; the one
//     that Hijack returns is another. Neither is a *net.TCPConn or a *tls.Conn; both have a method ConnectionState with TLS.
//   - A context of a request ends up to 50 ms after the client has gone: a handler that is faster learns nothing.
//   - A further request on a connection may have a header as long as that of a first one. net/http allows it up to 4 KB more.
//   - A request that is refused makes ConnState see StateActive, also where net/http leaves it out.
//
// # The end
//
// [Server.Shutdown] closes the listeners and what is parked at once, and waits for the handlers; then comes the Shutdown
// of the runtime. If the runtime drains first, the server shuts down by itself.
package nethttp
