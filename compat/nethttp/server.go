package nethttp

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/moduvex/moduvex-go/executor"
)

// A Server serves HTTP with the engine of net/http. Its fields are set before the first call of a Serve method, and not
// changed after that. Any goroutine may call its methods.
type Server struct {
	// Runtime has the workers that keep the connections that wait. The caller ends it after the server.
	Runtime *executor.Runtime

	// HTTP is the engine, with the handler, the timeouts and the limits. From the first call of a Serve method on, its
	// fields ConnState and ConnContext belong to the Server, which calls the functions that were there.
	HTTP *http.Server

	// Exchange is where handlers run. The default is Goroutines.
	Exchange Exchange

	// Linger is how long a connection without a request keeps its goroutine: the next request costs less meanwhile. The
	// default, 0, is 50 ms; a negative value is none.
	Linger time.Duration

	// MaxConns is how many connections the server holds at most: beyond that it accepts none, and they wait in the
	// listener's queue. 0 is no limit.
	MaxConns int

	// MaxConnsPerAddr is how many of them may have the same remote IP address: one more is closed when it is accepted.
	// 0 is no limit.
	MaxConnsPerAddr int
}

// An Exchange is a place for handlers to run.
type Exchange int

const (
	// Goroutines runs each handler on a goroutine, which may block: everything is as with net/http.
	Goroutines Exchange = iota

	// Tasks runs each handler of HTTP/1 in a task, whose Co is that of [Co]. It must await instead of blocking.
	Tasks
)

// ListenAndServe listens on the TCP address HTTP.Addr, ":http" if empty, and calls [Server.Serve].
func (s *Server) ListenAndServe() error { return s.HTTP.ListenAndServe() }

// ListenAndServeTLS is ListenAndServe for TLS.
func (s *Server) ListenAndServeTLS(certFile, keyFile string) error {
	return s.HTTP.ListenAndServeTLS(certFile, keyFile)
}

// Serve accepts connections from l and serves them until Shutdown or Close.
func (s *Server) Serve(l net.Listener) error { return s.HTTP.Serve(l) }

// ServeTLS is Serve for TLS.
func (s *Server) ServeTLS(l net.Listener, certFile, keyFile string) error {
	return s.HTTP.ServeTLS(l, certFile, keyFile)
}

// Shutdown closes the listeners and the connections without a request, and waits for the others.
func (s *Server) Shutdown(ctx context.Context) error { return s.HTTP.Shutdown(ctx) }

// Close closes the listeners and all connections.
func (s *Server) Close() error { return s.HTTP.Close() }

// SetKeepAlivesEnabled sets whether connections may wait for a further request.
func (s *Server) SetKeepAlivesEnabled(on bool) { s.HTTP.SetKeepAlivesEnabled(on) }

// RegisterOnShutdown has Shutdown call f.
func (s *Server) RegisterOnShutdown(f func()) { s.HTTP.RegisterOnShutdown(f) }

// Stats returns counts of the server's connections.
func (s *Server) Stats() Stats { return Stats{} }

// Stats are counts of a server's connections, and sums since it began.
type Stats struct {
	Parked   int // connections without a goroutine
	Serving  int // connections with a goroutine, or a task that serves a request
	Accepted uint64
	Parks    uint64 // how often a connection gave its goroutine back
	Resumes  uint64 // how often a connection that was parked got one
	Refused  uint64 // connections beyond MaxConnsPerAddr
}
