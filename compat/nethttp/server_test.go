package nethttp_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"
)

func contextThatEnded() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx, cancel
}

// waits is a handler that says when it begins, and waits for a release.
type waits struct {
	began   chan struct{}
	release chan struct{}
}

func newWaits() waits { return waits{make(chan struct{}, 10), make(chan struct{})} }

func (h waits) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/wait" {
		h.began <- struct{}{}
		await(r.Context(), h.release)
	}
	fmt.Fprintf(w, "%s %v", r.URL.Path, r.Context().Err())
}

// Connections without a request end, the listener does, and a handler goes on to its end.
func TestShutdownWaitsForHandlers(t *testing.T) {
	compare(t, func(t *testing.T, k kind) *transcript {
		tr := new(transcript)
		h := newWaits()
		s := k.serve(t, h)
		registered := make(chan struct{}, 2)
		s.RegisterOnShutdown(func() { registered <- struct{}{} })
		s.RegisterOnShutdown(func() { registered <- struct{}{} })
		clients := s.dialed(t, 3)
		clients[0].write(t, gets("/wait"))
		within(t, "the handler", h.began)

		shut := make(chan error, 1)
		go func() { shut <- s.Shutdown(context.Background()) }()
		within(t, "a call of a registered function", registered)
		within(t, "a call of a registered function", registered)
		for _, c := range clients[1:] {
			tr.add("idle", "%s", c.rest())
		}
		if !eventually(func() bool { _, err := net.Dial("tcp", s.addr); return err != nil }) {
			t.Error("the listener goes on")
		}
		select {
		case err := <-shut:
			t.Errorf("Shutdown returns %v beside a handler", err)
		default:
		}
		close(h.release)
		tr.add("busy", "%s", clients[0].rest())
		tr.add("shutdown", "%v", within(t, "the end of Shutdown", shut))
		tr.add("shutdown", "again: %v", s.Shutdown(context.Background()))
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		tr.add("serve", "%t", errors.Is(s.Serve(l), http.ErrServerClosed))
		return tr
	})
}

// A shutdown whose context ends leaves the handlers to Close, which takes their connections away.
func TestShutdownGivesUp(t *testing.T) {
	compare(t, func(t *testing.T, k kind) *transcript {
		tr := new(transcript)
		h := newWaits()
		defer close(h.release)
		s := k.serve(t, h)
		clients := s.dialed(t, 2)
		clients[0].write(t, gets("/wait"))
		within(t, "the handler", h.began)
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		defer cancel()
		tr.add("shutdown", "%v", s.Shutdown(ctx))
		tr.add("idle", "%s", clients[1].rest())
		tr.add("close", "%v", s.Close())
		tr.add("busy", "%s", clients[0].rest())
		return tr
	})
}

// While keep-alive is off, connections without a request end, and each answer says that its connection does.
func TestKeepAlivesAreDisabled(t *testing.T) {
	compare(t, func(t *testing.T, k kind) *transcript {
		tr := new(transcript)
		h := newWaits()
		s := k.serve(t, h)
		clients := s.dialed(t, 4)
		clients[0].write(t, gets("/wait"))
		within(t, "the handler", h.began)
		s.SetKeepAlivesEnabled(false)
		for _, c := range clients[1:] {
			tr.add("idle", "%s", c.rest())
		}
		close(h.release)
		tr.add("busy", "%s", clients[0].rest())
		c := s.dial(t)
		c.write(t, gets("/off"))
		tr.add("off", "%s", c.rest())
		s.SetKeepAlivesEnabled(true)
		c = s.dialed(t, 1)[0]
		status, body := c.get(t, "/on")
		tr.add("on", "%d %q", status, body)
		return tr
	})
}

// One server serves two listeners.
func TestTwoListeners(t *testing.T) {
	compare(t, func(t *testing.T, k kind) *transcript {
		tr := new(transcript)
		s := k.serve(t, newWaits())
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- s.Serve(l) }()
		for _, addr := range []string{s.addr, l.Addr().String()} {
			c := (&site{kind: k, addr: addr}).dial(t)
			status, body := c.get(t, "/")
			tr.add("client", "%d %q", status, body)
		}
		tr.add("shutdown", "%v", s.Shutdown(t.Context()))
		tr.add("served", "%v", within(t, "the end of Serve", served))
		return tr
	})
}

// A listener that ends ends Serve, but no connection.
func TestTheListenerEnds(t *testing.T) {
	compare(t, func(t *testing.T, k kind) *transcript {
		tr := new(transcript)
		s := k.newSite(t, newWaits())
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s.addr = l.Addr().String()
		served := make(chan error, 1)
		go func() { served <- s.Serve(l) }()
		c := s.dialed(t, 1)[0]
		l.Close()
		tr.add("serve", "%t", errors.Is(within(t, "the end of Serve", served), net.ErrClosed))
		status, body := c.get(t, "/")
		tr.add("client", "%d %q", status, body)
		tr.add("shutdown", "%v", s.Shutdown(t.Context()))
		tr.add("client", "%s", c.rest())
		return tr
	})
}

// The address of a server that listens itself is told by BaseContext.
func TestListenAndServe(t *testing.T) {
	ca := newAuthority(t)
	cert, key := ca.files()
	for name, serve := range map[string]func(s *site) error{
		"http":  func(s *site) error { return s.ListenAndServe() },
		"https": func(s *site) error { return s.ListenAndServeTLS(cert, key) },
	} {
		t.Run(name, func(t *testing.T) {
			compare(t, func(t *testing.T, k kind) *transcript {
				tr := new(transcript)
				listens := make(chan string, 1)
				s := k.newSite(t, newWaits(), func(s *http.Server) {
					s.Addr = "127.0.0.1:0"
					s.BaseContext = func(l net.Listener) context.Context {
						listens <- l.Addr().String()
						return context.Background()
					}
				})
				go func() { s.served <- serve(s) }()
				t.Cleanup(func() { s.end(t) })
				transport := &http.Transport{TLSClientConfig: ca.client()}
				defer transport.CloseIdleConnections()
				r, err := (&http.Client{Transport: transport}).Get(name + "://" + within(t, "the listener", listens) + "/path")
				if err != nil {
					t.Fatal(err)
				}
				defer r.Body.Close()
				tr.add("client", "%s %s", r.Status, readAll(r.Body))
				return tr
			})
		})
	}
	compare(t, func(t *testing.T, k kind) *transcript {
		tr := new(transcript)
		s := k.newSite(t, nil, func(s *http.Server) { s.Addr = "127.0.0.1:port" })
		tr.add("http", "%v", s.ListenAndServe())
		tr.add("https", "%v", s.ListenAndServeTLS(cert, key))
		s.http.Addr = "127.0.0.1:0"
		tr.add("no files", "%t", s.ListenAndServeTLS("", "") != nil)
		return tr
	})
}
