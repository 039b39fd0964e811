package nethttp_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
)

// leave is how a client goes away.
var leave = map[string]func(c *client){
	"close": func(c *client) { c.Close() },
	"reset": func(c *client) { c.Conn.(*net.TCPConn).SetLinger(0); c.Close() },
	"half":  func(c *client) { c.Conn.(*net.TCPConn).CloseWrite() },
}

// The context of a request ends when the client goes away.
func TestAContextEndsWithTheClient(t *testing.T) {
	for name, leave := range leave {
		for what, request := range map[string]string{"get": gets("/"), "post": upload + "\r\n12345"} {
			t.Run(name+", "+what, func(t *testing.T) {
				began, ended := make(chan struct{}), make(chan struct{})
				conversation{
					handler: func(_ *testing.T, tr *transcript) http.Handler {
						return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
							tr.add("handler", "%s, %v", readAll(r.Body), r.Context().Err())
							began <- struct{}{}
							await(r.Context(), r.Context().Done())
							tr.add("handler", "%v, %v", r.Context().Err(), context.Cause(r.Context()))
							ended <- struct{}{}
						})
					},
					client: func(t *testing.T, tr *transcript, c *client) {
						c.write(t, request)
						within(t, "the handler", began)
						leave(c)
						within(t, "the end of the context", ended)
					},
				}.compare(t)
			})
		}
	}
}

// A goroutine waits for the context of a request that has been answered.
func TestAContextEndsWithTheHandler(t *testing.T) {
	ended := make(chan error, 1)
	conversation{
		handler: func(*testing.T, *transcript) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				ctx := r.Context()
				go func() {
					<-ctx.Done()
					ended <- ctx.Err()
				}()
			})
		},
		client: func(t *testing.T, tr *transcript, c *client) {
			for range 3 {
				status, body := c.get(t, "/")
				tr.add("client", "%d %q %v", status, body, within(t, "the end of the context", ended))
			}
			c.write(t, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12345")
			c.response(t, http.MethodPost)
			tr.add("client", "%v", within(t, "the end of the context", ended))
		},
	}.compare(t)
}

func TestCloseNotify(t *testing.T) {
	began, ended := make(chan struct{}), make(chan bool)
	conversation{
		handler: func(*testing.T, *transcript) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				//lint:ignore SA1019 handlers use it
				c := w.(http.CloseNotifier).CloseNotify()
				began <- struct{}{}
				v, ok := await(r.Context(), c)
				ended <- v && ok
			})
		},
		client: func(t *testing.T, tr *transcript, c *client) {
			c.write(t, gets("/"))
			within(t, "the handler", began)
			c.Close()
			tr.add("client", "%t", within(t, "the notice", ended))
		},
	}.compare(t)
}

type key string

// What a context has is that of its server, its listener and its connection, whatever parks in between.
func TestValuesOfAContext(t *testing.T) {
	compare(t, func(t *testing.T, k kind) *transcript {
		tr := new(transcript)
		var s *site
		var addr atomic.Value // of the client
		var conn, accepted atomic.Int64
		s = k.newSite(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx := r.Context()
			tr.add("handler", "%v %v", ctx.Value(key("base")), ctx.Value(key("conn")))
			tr.add("handler", "server %t", ctx.Value(http.ServerContextKey) == s.http)
			local, ok := ctx.Value(http.LocalAddrContextKey).(net.Addr)
			tr.add("handler", "local %t, remote %t", ok && local.String() == s.addr && local.Network() == "tcp", r.RemoteAddr == addr.Load())
			_, ok = local.(*net.TCPAddr)
			tr.add("handler", "%t", ok)
		}), func(s *http.Server) {
			s.BaseContext = func(l net.Listener) context.Context {
				tr.add("base", "%s", l.Addr().Network())
				return context.WithValue(context.Background(), key("base"), "of the base")
			}
			s.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
				accepted.Add(1)
				tr.add("conn", "%v %s %s", ctx.Value(key("base")), c.LocalAddr().Network(), c.RemoteAddr().Network())
				return context.WithValue(ctx, key("conn"), conn.Add(1))
			}
		})
		s.serve(t, s.Serve)
		for range 2 {
			c := s.dial(t)
			addr.Store(c.LocalAddr().String())
			for range 3 {
				c.get(t, "/")
				s.waitParked(t, 1)
			}
			c.Close()
			if !eventually(func() bool { return s.conns.open() == 0 }) {
				t.Fatal("the connection goes on")
			}
		}
		tr.add("conn", "%d", accepted.Load())
		return tr
	})
}

// The client has the answer of http.TimeoutHandler while the handler still runs.
func TestAHandlerThatTheServerTimesOut(t *testing.T) {
	conversation{
		handler: func(_ *testing.T, tr *transcript) http.Handler {
			h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch r.URL.Path {
				case "/slow":
					<-r.Context().Done()
					_, err := w.Write([]byte("too late"))
					tr.add("handler", "%v %t %v", r.Context().Err(), errors.Is(err, http.ErrHandlerTimeout), err)
				case "/panic":
					panic(http.ErrAbortHandler)
				default:
					w.Header().Set("Name", "value")
					w.WriteHeader(http.StatusAccepted)
					w.Write([]byte("in time"))
				}
			})
			quick, slow := http.TimeoutHandler(h, testTimeout, "slow"), http.TimeoutHandler(h, 1, "slow")
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/slow" {
					slow.ServeHTTP(w, r)
					return
				}
				quick.ServeHTTP(w, r)
			})
		},
		client: func(t *testing.T, tr *transcript, c *client) {
			before := tr.count("handler")
			for _, path := range []string{"/quick", "/slow", "/quick"} {
				status, body := c.get(t, path)
				tr.add("client", "%d %q", status, body)
			}
			c.write(t, gets("/panic"))
			tr.add("client", "%s", c.rest())
			if !eventually(func() bool { return tr.count("handler") > before }) {
				t.Error("the slow handler goes on")
			}
		},
		except: []exception{notInTasks("TimeoutHandler runs its handler on a goroutine, and blocks its own")},
	}.compare(t)
}
