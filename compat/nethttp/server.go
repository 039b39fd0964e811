package nethttp

import (
	"cmp"
	"context"
	"crypto/tls"
	"log"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/compat/nethttp/internal/exchange"
	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/executor"
)

// A Server serves HTTP with the engine of net/http. Its fields, and those of HTTP, are set before the first call of a
// method and not changed after that; that call panics if there is no Runtime. Any goroutine may call its methods; Serve,
// ServeTLS, the ListenAndServes, Shutdown and Close block it, so a task calls them in executor.Blocking. A Server is not copied.
type Server struct {
	// Runtime has the workers on which connections wait. The program shuts it down after the server; if it drains before,
	// the server shuts down, too.
	Runtime *executor.Runtime

	// HTTP is the engine, with the handler, the timeouts and the limits; nil is an http.Server without any. The Server
	// wraps its functions BaseContext, ConnContext and ConnState, so the program does not read these fields back. With
	// [Goroutines], its Shutdown, Close and RegisterOnShutdown do what those of the Server do; with [Tasks], its Shutdown and
	// Close leave the handlers in tasks alone.
	HTTP *http.Server

	// Exchange is where handlers run. The default is Goroutines.
	Exchange Exchange

	// Linger is how long a connection without a request keeps its goroutine and its buffers, so that a request that comes
	// soon costs less. It lingers only once a request has come within that time after a park, and until a linger ends without
	// one. 0 is 50 ms; less than 0 is none. The end is up to half of it late.
	Linger time.Duration

	// MaxConns is how many connections the server has at most. Then it accepts no more, and they wait in the queue of
	// the listener. Each listener takes one of them while it waits for a connection, so it should be more than there are
	// listeners. A hijacked connection counts until it is closed. 0 is no limit.
	MaxConns int

	// MaxConnsPerAddr is how many connections may come from one IP address. One more is closed when it is accepted. 0 is
	// no limit.
	MaxConnsPerAddr int

	once         sync.Once
	setup        sync.Mutex     // makes the configurations for TLS, one at a time
	shards       []shard        // by worker
	spawners     []core.Spawner // by worker
	next         atomic.Uint32  // counts connections, which the workers get round-robin; written by accept
	limits       limits
	countedTLS   sync.Map // set of the *tls.Conn of foreign listeners that count in the limits
	prior        bool     // the engine speaks HTTP/2 without TLS
	exchange     exchange.Config
	closing      atomic.Bool // set by Shutdown and Close; the exchange of tasks reads it for each request
	noKeepAlives atomic.Bool // set by SetKeepAlivesEnabled; read by detach and the exchange of tasks

	// The functions of the program, which those of the Server call.
	connState   func(net.Conn, http.ConnState)
	connContext func(context.Context, net.Conn) context.Context

	sweeping atomic.Bool   // the goroutine of the sweeps runs: see startSweep
	sweeps   atomic.Uint32 // how many sweeps there have been, modulo 2^32; a lease reads it when it begins to wait

	accepted, refused, parks, resumes atomic.Uint64 // see Stats

	at func(place) // nil but in tests of races; set before the first call of a method
}

// An Exchange is where handlers run.
type Exchange int

const (
	// Goroutines runs each handler on a goroutine, where it may block, as net/http does.
	Goroutines Exchange = iota

	// Tasks runs the handlers of HTTP/1 without TLS in tasks, whose Co is [Co]. They await, and do not block.
	Tasks
)

// ListenAndServe listens on the TCP address HTTP.Addr, ":http" if that is empty, and calls [Server.Serve].
func (s *Server) ListenAndServe() error {
	l, err := s.listen(":http")
	if err != nil {
		return err
	}
	return s.Serve(l)
}

// ListenAndServeTLS listens on the TCP address HTTP.Addr, ":https" if that is empty, and calls [Server.ServeTLS].
func (s *Server) ListenAndServeTLS(certFile, keyFile string) error {
	l, err := s.listen(":https")
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	return s.ServeTLS(l, certFile, keyFile)
}

func (s *Server) listen(addr string) (net.Listener, error) {
	s.once.Do(s.init)
	if s.closing.Load() {
		return nil, http.ErrServerClosed
	}
	return stdnet.Listen(s.Runtime, "tcp", cmp.Or(s.HTTP.Addr, addr))
}

// Serve accepts connections from l and serves them until [Server.Shutdown] or [Server.Close], or an accept fails. It closes
// l. Its error is never nil; after Shutdown and Close, and when the runtime drains, it is http.ErrServerClosed. If the
// program closes l, or accepts fail for good, the connections of l are served on.
//
// Connections of l wait without a goroutine if l is a listener of package stdnet or of package net, for TCP or Unix sockets;
// with those of stdnet, an accept costs less. The engine gets others as they are accepted, such as those of tls.NewListener:
// pass what that wraps to [Server.ServeTLS].
func (s *Server) Serve(l net.Listener) error {
	s.once.Do(s.init)
	return s.serve(l, nil)
}

// ServeTLS is Serve for TLS: with HTTP.TLSConfig, and the certificate and key of the files. The names may be empty if the
// configuration has a certificate; if they cannot be loaded, ServeTLS returns that error and leaves l open. Clients may choose
// HTTP/2, as with net/http; such a connection keeps its goroutines.
func (s *Server) ServeTLS(l net.Listener, certFile, keyFile string) error {
	s.once.Do(s.init)
	config, err := s.tlsConfig(certFile, keyFile)
	if err != nil {
		return err
	}
	return s.serve(l, config)
}

func (s *Server) init() {
	if s.Runtime == nil {
		panic("nethttp: Server without a Runtime")
	}
	if s.HTTP == nil {
		s.HTTP = &http.Server{}
	}
	n := s.Runtime.Workers()
	s.shards = make([]shard, n)
	for i := range n {
		s.spawners = append(s.spawners, s.Runtime.On(i))
	}
	s.limits.init(s.MaxConns, s.MaxConnsPerAddr)
	s.prior = s.HTTP.Protocols != nil && s.HTTP.Protocols.UnencryptedHTTP2()
	s.exchange.Server, s.exchange.Runtime = s.HTTP, s.Runtime
	s.exchange.KeepAlives = func() bool { return !s.noKeepAlives.Load() }
	s.exchange.Closing = s.closing.Load
	s.hook()
}

func (s *Server) serve(l net.Listener, config *tls.Config) error {
	f := newFeed(s, l)
	engine := make(chan error, 1)
	go func() { engine <- s.HTTP.Serve(f) }()
	select {
	case err := <-engine: // it was closed before
		return err
	case <-f.ready:
	}
	if config != nil && s.HTTP.TLSNextProto["h2"] == nil { // GODEBUG=http2server=0, for example
		config.NextProtos = slices.DeleteFunc(config.NextProtos, func(proto string) bool { return proto == "h2" })
	}
	go s.watchDrain(f)
	err := s.accept(f, config)
	if f.stopped() || s.draining() { // a draining runtime closes the listeners of stdnet, and watchDrain shuts the server down
		return <-engine
	}
	// The listener has failed, or the program has closed it. Its connections go on, and the engine with them.
	_ = l.Close()
	f.lost.Store(true)
	f.leave()
	return err
}

func (s *Server) draining() bool {
	select {
	case <-s.Runtime.Draining():
		return true
	default:
		return false
	}
}

// watchDrain shuts the server down when the runtime drains.
func (s *Server) watchDrain(f *feed) {
	select {
	case <-s.Runtime.Draining():
		_ = s.Shutdown(context.Background())
	case <-f.done:
	}
}

// Shutdown ends the server and lets handlers finish:
//
//  1. It refuses further requests: the exchange of tasks answers none that it has not begun to serve.
//  2. It closes the listeners, and each connection that waits for a request, or for the rest of a header or a handshake, at
//     once. Serve and ServeTLS return http.ErrServerClosed; they may do so before Shutdown does.
//  3. It waits until the handlers on goroutines have returned and their connections are closed.
//  4. It waits for the handlers in tasks in the same way.
//
// If ctx is done first, Shutdown returns its error, and what is left goes on: Close ends it. Hijacked connections are not
// closed, and not waited for. The runtime goes on, too: the program shuts it down next.
func (s *Server) Shutdown(ctx context.Context) error {
	s.once.Do(s.init)
	s.closing.Store(true)                                               // 1
	if err := s.HTTP.Shutdown(ctx); err != nil || s.Exchange != Tasks { // 2 by feed.Close, and 3
		return err
	}
	for pause := time.Millisecond; s.hasServed(); pause = min(2*pause, maxPause) { // 4: the engine does not know the tasks
		s.sweep(0) // ends the wait of tasks that linger
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// maxPause bounds how late Shutdown notices the end of the last request. It is that of net/http.
const maxPause = 500 * time.Millisecond

// Close ends the server at once, and does not wait for handlers, whose reads and writes fail:
//
//  1. It refuses further requests, as Shutdown does.
//  2. It closes the listeners, and each connection that neither the engine nor a handler has.
//  3. It closes the connections of the engine.
//  4. It closes those whose handlers run in tasks.
//
// Hijacked connections are not closed. The error is that of closing a listener, if there is one.
func (s *Server) Close() error {
	s.once.Do(s.init)
	s.closing.Store(true)    // 1
	err := s.HTTP.Close()    // 2 by feed.Close, and 3
	if s.Exchange == Tasks { // 4
		for i := range s.shards {
			for _, c := range s.shards[i].all(amongServed, func(*conn) bool { return true }) {
				_ = c.sock.Close() // the task, or the engine, finds it closed
			}
		}
	}
	return err
}

// SetKeepAlivesEnabled sets whether a connection may wait for a further request. The default is true. If on is false, it
// closes the connections that wait for one.
func (s *Server) SetKeepAlivesEnabled(on bool) {
	s.once.Do(s.init)
	s.noKeepAlives.Store(!on)
	s.HTTP.SetKeepAlivesEnabled(on)
	if !on {
		s.endWaiting(func(c *conn) bool { return c.kept.Load() })
	}
}

// RegisterOnShutdown has [Server.Shutdown] call f, on a goroutine for which it does not wait.
func (s *Server) RegisterOnShutdown(f func()) {
	s.once.Do(s.init)
	s.HTTP.RegisterOnShutdown(f)
}

// endWaiting closes those of the connections that match which neither the engine nor a handler has.
func (s *Server) endWaiting(match func(c *conn) bool) {
	for i := range s.shards {
		for _, c := range s.shards[i].all(amongWaiting, match) {
			c.endWaiting()
		}
	}
}

func (s *Server) logf(format string, args ...any) {
	if l := s.HTTP.ErrorLog; l != nil {
		l.Printf(format, args...)
	} else {
		log.Printf(format, args...)
	}
}

// Stats are counts of a server's connections. Parked, Served, Parks and Resumes leave out those that the engine got as they were
// accepted: see [Server.Serve].
type Stats struct {
	Parked int // connections that wait for a request, or for the rest of its header, without a goroutine; and the few in a handshake
	Served int // connections whose request the engine or a task serves, and those within the linger

	Accepted uint64 // connections since the server began, all types
	Refused  uint64 // connections that were closed for MaxConnsPerAddr
	Parks    uint64 // how often a connection was parked after a request
	Resumes  uint64 // how often a connection that was parked after a request has got a further one
}

// Stats returns the counts. They are read one after the other, and not at one moment.
func (s *Server) Stats() (st Stats) {
	s.once.Do(s.init)
	st.Parked, st.Served = s.count(amongWaiting), s.count(amongServed)
	st.Accepted, st.Refused = s.accepted.Load(), s.refused.Load()
	st.Parks, st.Resumes = s.parks.Load(), s.resumes.Load()
	return st
}
