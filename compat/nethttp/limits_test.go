package nethttp_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"testing"
)

// A door is a way to serve, for tests of limits.
type door struct {
	name  string
	serve func(s *site, ca *authority) func(net.Listener) error
	dial  func(t *testing.T, s *site, ca *authority) net.Conn
}

func dialPlain(t *testing.T, s *site, _ *authority) net.Conn { return s.dial(t).Conn }

func dialTLS(t *testing.T, s *site, ca *authority) net.Conn {
	return tls.Client(s.dial(t).Conn, ca.client())
}

// A foreign is a listener of a type that the server does not know.
type foreign struct{ net.Listener }

type foreignConn struct{ net.Conn }

func (f foreign) Accept() (net.Conn, error) {
	c, err := f.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return foreignConn{c}, nil
}

var doors = []door{
	{"plain", func(s *site, _ *authority) func(net.Listener) error { return s.Serve }, dialPlain},
	{"TLS", func(s *site, ca *authority) func(net.Listener) error {
		s.http.TLSConfig = ca.server()
		return func(l net.Listener) error { return s.ServeTLS(l, "", "") }
	}, dialTLS},
	{"foreign", func(s *site, _ *authority) func(net.Listener) error {
		return func(l net.Listener) error { return s.Serve(foreign{l}) }
	}, dialPlain},
	{"foreign with TLS", func(s *site, ca *authority) func(net.Listener) error {
		s.http.TLSConfig = ca.server()
		return func(l net.Listener) error { return s.ServeTLS(foreign{l}, "", "") }
	}, dialTLS},
	{"a listener of TLS", func(s *site, ca *authority) func(net.Listener) error {
		return func(l net.Listener) error { return s.Serve(tls.NewListener(l, ca.server())) }
	}, dialTLS},
}

// exchangeOn makes a request, and returns the body of the answer.
func exchangeOn(c net.Conn) (string, error) {
	if _, err := io.WriteString(c, gets("/")); err != nil {
		return "", err
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(res.Body)
	return string(b), err
}

// A client beyond MaxConns waits for the end of another connection, and is served then.
func TestClientsBeyondMaxConnsWait(t *testing.T) {
	ca := newAuthority(t)
	for _, d := range doors {
		t.Run(d.name, func(t *testing.T) {
			s := kinds[1].newSite(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				io.WriteString(w, map[bool]string{false: "plain", true: "TLS"}[r.TLS != nil])
			}))
			s.ours.MaxConns = 2
			want := "plain"
			if serve := d.serve(s, ca); s.http.TLSConfig != nil || d.name == "a listener of TLS" {
				want = "TLS"
				s.serve(t, serve)
			} else {
				s.serve(t, serve)
			}
			var in []net.Conn
			for range 2 {
				c := d.dial(t, s, ca)
				if got, err := exchangeOn(c); got != want {
					t.Fatalf("the answer is %q, %v", got, err)
				}
				in = append(in, c)
			}
			next := d.dial(t, s, ca)
			answer := make(chan string, 1)
			go func() {
				got, _ := exchangeOn(next)
				answer <- got
			}()
			if got, err := exchangeOn(in[0]); got != want { // a park later
				t.Fatalf("the answer is %q, %v", got, err)
			}
			select {
			case got := <-answer:
				t.Fatalf("one client too many gets %q", got)
			default:
			}
			if n := s.ours.Stats().Accepted; n != 2 {
				t.Fatalf("%d connections are accepted", n)
			}
			in[1].Close()
			if got := within(t, "the answer to the next", answer); got != want {
				t.Errorf("the next gets %q", got)
			}
			s.Close()
			s.checkEmpty(t)
		})
	}
}

// A hijacked connection has its slot until it is closed, by the handler or through the connection that ConnState has seen.
func TestHijackedConnectionsCount(t *testing.T) {
	for _, by := range []string{"the handler", "the program"} {
		t.Run(by, func(t *testing.T) {
			hijacked := make(chan net.Conn, 1)
			seen := make(chan net.Conn, 1)
			s := kinds[0].newSite(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/hijack" {
					c, _, err := http.NewResponseController(w).Hijack()
					if err != nil {
						t.Error(err)
					}
					hijacked <- c
				}
			}), func(s *http.Server) {
				s.ConnState = func(c net.Conn, state http.ConnState) {
					if state == http.StateHijacked {
						seen <- c
					}
				}
			})
			s.ours.MaxConns = 1
			s.serve(t, s.Serve)
			s.dial(t).write(t, gets("/hijack"))
			c := within(t, "the hijack", hijacked)
			next := make(chan int, 1)
			client := s.dial(t)
			client.write(t, gets("/"))
			go func() {
				if res, err := http.ReadResponse(client.r, nil); err == nil {
					next <- res.StatusCode
				}
			}()
			if n := s.ours.Slots(); n != 1 {
				t.Errorf("%d slots are taken", n)
			}
			if st := s.ours.Stats(); st.Accepted != 1 {
				t.Errorf("%+v beside a hijacked connection", st)
			}
			if by == "the program" {
				within(t, "the state", seen).Close()
			} else {
				c.Close()
			}
			within(t, "the answer to the next", next)
			s.Close()
			s.checkEmpty(t)
			c.Close()
		})
	}
}

// A client beyond MaxConnsPerAddr is closed; the others are counted by address, until they leave.
func TestClientsBeyondMaxConnsPerAddrAreRefused(t *testing.T) {
	ca := newAuthority(t)
	for _, d := range doors {
		t.Run(d.name, func(t *testing.T) {
			s := kinds[0].newSite(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "in") }))
			s.ours.MaxConnsPerAddr, s.ours.MaxConns = 2, 10
			s.serve(t, d.serve(s, ca))
			var in []net.Conn
			for range 2 {
				c := d.dial(t, s, ca)
				if got, err := exchangeOn(c); got != "in" {
					t.Fatalf("the answer is %q, %v", got, err)
				}
				in = append(in, c)
			}
			if got, err := exchangeOn(d.dial(t, s, ca)); err == nil {
				t.Fatalf("one client too many gets %q", got)
			}
			if st := s.ours.Stats(); st.Refused != 1 || st.Accepted != 3 {
				t.Errorf("%+v, want one that is refused", st)
			}
			in[0].Close()
			if !eventually(func() bool {
				got, _ := exchangeOn(d.dial(t, s, ca))
				return got == "in"
			}) {
				t.Errorf("no client is served after another one has left: %+v", s.ours.Stats())
			}
			s.Close()
			s.checkEmpty(t)
		})
	}
}
