package nethttp_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

// A failing is a listener whose first accepts fail.
type failing struct {
	net.Listener
	left atomic.Int32
	err  error
}

func (f *failing) Accept() (net.Conn, error) {
	if f.left.Add(-1) >= 0 {
		return nil, f.err
	}
	return f.Listener.Accept()
}

// An accept that finds no descriptor is tried again and logged; the slot of MaxConns is not lost.
func TestAnAcceptIsTriedAgain(t *testing.T) {
	s := kinds[0].newSite(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "in") }))
	s.ours.MaxConns = 1
	s.serve(t, func(l net.Listener) error {
		f := &failing{Listener: l, err: &net.OpError{Op: "accept", Net: "tcp", Err: syscall.EMFILE}}
		f.left.Store(3)
		return s.Serve(f)
	})
	if _, body := s.dial(t).get(t, "/"); body != "in" {
		t.Errorf("the answer is %q", body)
	}
	for _, want := range []string{"retrying in 5ms", "retrying in 10ms", "retrying in 20ms"} {
		if !strings.Contains(s.log.String(), want) {
			t.Errorf("the log has no %q: %s", want, s.log.String())
		}
	}
}

// Shutdown does not wait for the pause before the next accept.
func TestShutdownWhileAcceptsFail(t *testing.T) {
	s := kinds[0].newSite(t, nil)
	s.serve(t, func(l net.Listener) error {
		f := &failing{Listener: l, err: &net.OpError{Op: "accept", Net: "tcp", Err: syscall.EMFILE}}
		f.left.Store(1 << 30)
		return s.Serve(f)
	})
	if !eventually(func() bool { return strings.Contains(s.log.String(), "320ms") }) {
		t.Fatal("accepts do not fail")
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

// The program may call the methods of the engine. After them, and after those of the server, Serve does not begin.
func TestServeAfterTheEnd(t *testing.T) {
	for name, end := range map[string]func(s *site) error{
		"Shutdown":      func(s *site) error { return s.Shutdown(t.Context()) },
		"Close":         func(s *site) error { return s.Close() },
		"HTTP.Shutdown": func(s *site) error { return s.http.Shutdown(t.Context()) },
		"HTTP.Close":    func(s *site) error { return s.http.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			s := kinds[1].serve(t, http.HandlerFunc(hello))
			c := s.dial(t)
			c.get(t, "/")
			s.waitParked(t, 1)
			if err := end(s); err != nil {
				t.Error(err)
			}
			if got := c.rest(); got != `"", EOF` {
				t.Errorf("the parked client gets %s", got)
			}
			l := must[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0"))
			if err := s.Serve(l); err != http.ErrServerClosed {
				t.Errorf("Serve: %v", err)
			}
			if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
				t.Errorf("the listener is open: %v", err)
			}
		})
	}
}
