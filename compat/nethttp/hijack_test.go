package nethttp_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// hijacked has handlers take their connection, which a function then has.
func hijacked(f func(tr *transcript, c net.Conn, rw *bufio.ReadWriter)) func(*testing.T, *transcript) http.Handler {
	return func(_ *testing.T, tr *transcript) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, rw, err := http.NewResponseController(w).Hijack()
			if err != nil {
				tr.add("handler", "%v", err)
				return
			}
			defer c.Close()
			f(tr, c, rw)
		})
	}
}

// The handler echoes lines on its connection, of which the first came together with the request.
func TestHijack(t *testing.T) {
	for name, request := range map[string]string{
		"get":               "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n",
		"post":              "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nthree\n",
		"HTTP/1.0":          "GET / HTTP/1.0\r\n\r\n",
		"a request behind":  gets("/", "/behind"),
		"a long text":       gets("/") + fmt.Sprintf("%10000s\n", "x"),
		"expecting":         upload + "Expect: 100-continue\r\n\r\n",
		"a part of a body":  upload + "\r\n12",
		"chunks":            chunked("3\r\nabc\r\n0\r\n\r\n"),
		"a line and a part": gets("/") + "line\nno li",
	} {
		t.Run(name, func(t *testing.T) {
			conversation{
				handler: hijacked(func(tr *transcript, c net.Conn, rw *bufio.ReadWriter) {
					rw.WriteString("HTTP/1.1 101 Switching Protocols\r\n\r\n")
					tr.add("handler", "%v", rw.Flush())
					for {
						line, err := rw.ReadString('\n')
						tr.add("handler", "%s, %v", digest([]byte(line)), err)
						if err != nil {
							return
						}
						fmt.Fprintf(c, "<%s>\n", line)
					}
				}),
				client: func(t *testing.T, tr *transcript, c *client) {
					tr.add("client", "%s", c.exchange(noPause, request+"one\ntwo\n", ""))
				},
			}.compare(t)
		})
	}
}

// The two sides wait for each other, beyond the end of the handler.
func TestAHijackedConnectionOutlivesItsHandler(t *testing.T) {
	taken := make(chan net.Conn, 1)
	conversation{
		handler: func(_ *testing.T, tr *transcript) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				io.WriteString(w, "before ")
				w.(http.Flusher).Flush()
				c, _, err := w.(http.Hijacker).Hijack()
				if err != nil {
					tr.add("handler", "%v", err)
					return
				}
				n, err := io.WriteString(w, "after")
				tr.add("handler", "%d, %v", n, errors.Is(err, http.ErrHijacked))
				_, _, err = w.(http.Hijacker).Hijack()
				tr.add("handler", "%v", err)
				tr.add("handler", "%v", r.Context().Err())
				taken <- c
			})
		},
		client: func(t *testing.T, tr *transcript, c *client) {
			c.write(t, gets("/"))
			server := within(t, "the hijack", taken)
			defer server.Close()
			server.SetDeadline(time.Now().Add(testTimeout))
			tr.add("server", "%t %t", server.LocalAddr().String() == c.s.addr, server.RemoteAddr().String() == c.LocalAddr().String())
			for line := "-"; line != ""; {
				line = then(c.line(t))
				tr.add("client", "%s", line)
			}
			tr.add("client", "%s %s", c.line(t), c.line(t))
			for _, text := range []string{"ping", "pong"} {
				c.write(t, text)
				b := make([]byte, len(text))
				n, err := io.ReadFull(server, b)
				tr.add("server", "%d, %v, %s", n, err, b)
				n, err = server.Write(b)
				tr.add("server", "%d, %v", n, err)
				_, err = io.ReadFull(c.r, b)
				tr.add("client", "%s %v", b, err)
			}
			server.SetReadDeadline(time.Unix(1, 0))
			_, err := server.Read(make([]byte, 1))
			tr.add("server", "%t", isTimeout(err))
			tr.add("server", "%v", server.Close())
			tr.add("client", "%s", c.rest())
		},
	}.compare(t)
}

// Neither Shutdown nor Close of the server concerns a connection that was hijacked.
func TestAHijackedConnectionOutlivesItsServer(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, s *site) error{
		"close":    func(_ *testing.T, s *site) error { return s.Close() },
		"shutdown": func(t *testing.T, s *site) error { return s.Shutdown(t.Context()) },
	} {
		t.Run(name, func(t *testing.T) {
			compare(t, func(t *testing.T, k kind) *transcript {
				tr := new(transcript)
				taken := make(chan net.Conn, 1)
				s := k.serve(t, first(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					c, _, err := http.NewResponseController(w).Hijack()
					if err != nil {
						t.Error(err)
					}
					taken <- c
				})))
				c := s.dialed(t, 1)[0]
				c.write(t, gets("/"))
				server := within(t, "the hijack", taken)
				tr.add("end", "%v", end(t, s))
				_, err := server.Write([]byte("still here\n"))
				tr.add("server", "%v", err)
				tr.add("client", "%s", c.line(t))
				c.Close()
				tr.add("server", "%s", readAll(server))
				server.Close()
				return tr
			})
		})
	}
}

// A hijack ends what the server watches the client for.
func TestHijackAfterCloseNotify(t *testing.T) {
	conversation{
		handler: func(_ *testing.T, tr *transcript) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				//lint:ignore SA1019 handlers use it
				w.(http.CloseNotifier).CloseNotify()
				c, rw, err := w.(http.Hijacker).Hijack()
				if err != nil {
					tr.add("handler", "%v", err)
					return
				}
				defer c.Close()
				line, err := rw.ReadString('\n')
				tr.add("handler", "%q, %v", line, err)
				fmt.Fprintf(c, "<%s>\n", line)
			})
		},
		client: func(t *testing.T, tr *transcript, c *client) {
			c.write(t, gets("/"))
			c.write(t, "line\n")
			tr.add("client", "%s", c.rest())
		},
	}.compare(t)
}
