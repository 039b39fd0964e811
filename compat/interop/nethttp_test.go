package interop_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/nethttp"
	"github.com/moduvex/moduvex-go/executor"
)

// An httpKind is a kind of HTTP server: that of net/http, or one of package nethttp.
type httpKind struct {
	name     string
	exchange nethttp.Exchange
	linger   time.Duration
	mode     *executor.Options // nil for net/http
}

// httpControl is net/http: a test that fails over it is wrong itself, and a server of package nethttp is compared with it.
var httpControl = httpKind{name: "net/http"}

// httpKinds are those of package nethttp, in several modes. Without a linger, a connection parks after each request.
var httpKinds = []httpKind{
	{"goroutines", nethttp.Goroutines, 0, &executor.Options{Workers: 2}},
	{"goroutines without linger", nethttp.Goroutines, -1, &executor.Options{Scheduling: executor.WorkStealing, Workers: 2}},
	{"tasks", nethttp.Tasks, 0, &executor.Options{Scheduling: executor.WorkStealing, Workers: 2}},
	{"tasks without linger", nethttp.Tasks, -1, &executor.Options{Workers: 1}},
}

// overHTTP runs a test over net/http and over each kind of package nethttp, and checks that it leaves nothing.
func overHTTP(t *testing.T, test func(t *testing.T, k httpKind)) {
	for _, k := range append([]httpKind{httpControl}, tested()...) {
		t.Run(k.name, func(t *testing.T) {
			checkLeft(t)
			test(t, k)
		})
	}
}

// tested returns the kinds of package nethttp: under -short those that park more often.
func tested() []httpKind {
	if testing.Short() {
		return slices.DeleteFunc(slices.Clone(httpKinds), func(k httpKind) bool { return k.linger == 0 })
	}
	return httpKinds
}

// blocking is overHTTP for handlers that block, so that they cannot run in tasks.
func blocking(t *testing.T, test func(t *testing.T, k httpKind)) {
	overHTTP(t, func(t *testing.T, k httpKind) {
		if k.exchange == nethttp.Tasks {
			t.Skip("a handler in a task must not block")
		}
		test(t, k)
	})
}

// An httpSite is a server of one of the kinds.
type httpSite struct {
	host string // for a URL
	ours *nethttp.Server
}

// serve serves until the end of the test. set may change the configuration.
func (k httpKind) serve(t *testing.T, h http.Handler, cert *certificate, set ...func(*http.Server)) *httpSite {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	std := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)}
	if cert != nil {
		std.TLSConfig = cert.server()
	}
	for _, f := range set {
		f(std)
	}
	s := &httpSite{host: "localhost:" + l.Addr().String()[len("127.0.0.1:"):]}
	serve, shutdown, end := std.Serve, std.Shutdown, std.Close
	serveTLS := std.ServeTLS
	if k.mode != nil {
		rt, err := executor.New(*k.mode)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if !eventually(func() bool { return len(rt.Tasks()) == 0 }) {
				t.Errorf("tasks are left: %+v", rt.Tasks())
			}
			if err := rt.Close(); err != nil {
				t.Error(err)
			}
		})
		s.ours = &nethttp.Server{Runtime: rt, HTTP: std, Exchange: k.exchange, Linger: k.linger}
		serve, serveTLS, shutdown, end = s.ours.Serve, s.ours.ServeTLS, s.ours.Shutdown, s.ours.Close
	}
	served := make(chan error, 1)
	go func() {
		if cert == nil {
			served <- serve(l)
			return
		}
		served <- serveTLS(l, "", "")
	}()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
		defer cancel()
		if err := shutdown(ctx); err != nil {
			t.Errorf("Shutdown returns %v", err)
			end()
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Serve returns %v", err)
		}
	})
	return s
}

// counts reports whether the server counts its connections.
func (s *httpSite) counts() bool { return s.ours != nil && s.ours.Stats().Accepted > 0 }

// unencrypted2 lets clients speak HTTP/2 without TLS.
func unencrypted2(s *http.Server) {
	s.Protocols = new(http.Protocols)
	s.Protocols.SetHTTP1(true)
	s.Protocols.SetUnencryptedHTTP2(true)
}

// hello answers with a short text.
var hello = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello\n") })

// contains fails the test if a program's output lacks a text.
func contains(t *testing.T, out []byte, text string) {
	t.Helper()
	if !strings.Contains(string(out), text) {
		t.Errorf("%q is not in %s", text, out)
	}
}

// A counter counts the connections of a server.
type counter struct{ n atomic.Int64 }

func (c *counter) count(s *http.Server) {
	s.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			c.n.Add(1)
		}
	}
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
