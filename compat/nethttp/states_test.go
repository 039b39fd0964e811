package nethttp_test

import (
	"net"
	"net/http"
	"sync"
	"testing"
)

// statesOf runs clients, one after the other, and adds the states of the connection of each.
func statesOf(t *testing.T, clients func(t *testing.T, s *site) map[string]func(c *client), set ...func(*http.Server)) {
	t.Helper()
	compare(t, func(t *testing.T, k kind) *transcript {
		tr := new(transcript)
		s := k.serve(t, first(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/hijack":
				if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
					c.Close()
				}
			case "/panic":
				panic(http.ErrAbortHandler)
			case "/close":
				w.Header().Set("Connection", "close")
			}
		})), set...)
		n := 0
		for _, parked := range []string{"new", "parked"} {
			for name, f := range clients(t, s) {
				c := s.dial(t)
				if parked != "new" {
					c.get(t, "/first")
					s.waitParked(t, 1)
				}
				f(c)
				c.Close()
				if !eventually(func() bool { return s.conns.count() == n+1 && s.conns.open() == 0 }) {
					t.Fatalf("%s: the connection goes on", name)
				}
				tr.add(parked+": "+name, "%v", s.conns.of(n))
				n++
			}
		}
		return tr
	})
}

// What net/http refuses is not here: on a kept connection it tells StateActive before a refusal only if the bytes came in
// pieces, and this package tells it always.
func TestStatesOfConnections(t *testing.T) {
	statesOf(t, func(t *testing.T, s *site) map[string]func(c *client) {
		raw := func(requests string) func(c *client) {
			return func(c *client) { c.exchange(noPause, requests, "") }
		}
		return map[string]func(c *client){
			"none":         func(*client) {},
			"one":          func(c *client) { c.get(t, "/") },
			"three":        func(c *client) { c.get(t, "/"); c.get(t, "/"); c.get(t, "/") },
			"a close":      func(c *client) { c.get(t, "/close"); c.rest() },
			"a panic":      raw(gets("/panic")),
			"a hijack":     raw(gets("/hijack")),
			"a byte":       raw("G"),
			"three bytes":  raw("GET"),
			"a pipeline":   raw(gets("/", "/", "/", "/")),
			"a POST":       raw(upload + "\r\n12345"),
			"half a POST":  raw(upload + "\r\n123"),
			"an empty end": raw("\r\n"),
			"a reset":      func(c *client) { c.Conn.(*net.TCPConn).SetLinger(0) },
			"a late reset": func(c *client) { c.get(t, "/"); c.Conn.(*net.TCPConn).SetLinger(0) },
			"expectations": raw(upload + "Expect: wonders\r\n\r\n12345"),
		}
	})
}

// A server that ends does so with connections that it has not heard of for long: whatever state they are in, each ends
// once.
func TestStatesAtTheEndOfAServer(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, s *site){
		"close": func(t *testing.T, s *site) { s.Close() },
		"shutdown": func(t *testing.T, s *site) {
			if err := s.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		},
		"no more keep-alive": func(_ *testing.T, s *site) { s.SetKeepAlivesEnabled(false) },
	} {
		t.Run(name, func(t *testing.T) {
			compare(t, func(t *testing.T, k kind) *transcript {
				tr := new(transcript)
				s := k.serve(t, first(http.NotFoundHandler()))
				clients := s.dialed(t, 5)
				end(t, s)
				for i, c := range clients {
					tr.add("client", "%s", c.rest())
					c.Close()
					if !eventually(func() bool { return over(s.conns.of(i)) }) {
						t.Fatal("a connection goes on")
					}
					tr.add("states", "%v", s.conns.of(i))
				}
				return tr
			})
		})
	}
}

// The caller holds a lock that its ConnState takes, as net/http/httptest does: a state that came in the caller's own
// call would be a deadlock.
func TestNoStateComesInACallOfTheCaller(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, s *site, conns []net.Conn){
		"Close": func(t *testing.T, s *site, _ []net.Conn) { s.Close() },
		"Shutdown": func(t *testing.T, s *site, _ []net.Conn) {
			ended, cancel := contextThatEnded()
			defer cancel()
			s.Shutdown(ended)
		},
		"SetKeepAlivesEnabled": func(t *testing.T, s *site, _ []net.Conn) { s.SetKeepAlivesEnabled(false) },
		"Close of a connection": func(t *testing.T, s *site, conns []net.Conn) {
			for _, c := range conns {
				c.Close()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			compare(t, func(t *testing.T, k kind) *transcript {
				tr := new(transcript)
				var mu sync.Mutex
				var conns []net.Conn
				s := k.serve(t, first(http.NotFoundHandler()), func(s *http.Server) {
					s.ConnState = func(c net.Conn, state http.ConnState) {
						mu.Lock()
						defer mu.Unlock()
						if state == http.StateNew {
							conns = append(conns, c)
						}
					}
				})
				clients := s.dialed(t, 3)
				ended := make(chan struct{})
				go func() {
					defer close(ended)
					mu.Lock()
					defer mu.Unlock()
					end(t, s, conns)
				}()
				within(t, name, ended)
				for _, c := range clients {
					tr.add("client", "%s", c.rest())
				}
				return tr
			})
		})
	}
}
