package nethttp_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/moduvex/moduvex-go/compat/nethttp"
)

// An interference is what another goroutine or the client does in the middle of a step of a connection.
type interference struct {
	name string
	do   func(t *testing.T, e *parking)
	ends bool // the connection is closed after it
	left bool // by the client
}

// A parking is a connection that is about to be parked.
type parking struct {
	site   *site
	conn   net.Conn // that ConnState has seen
	client *client
	others sync.WaitGroup
}

var interferences = []interference{
	{"nothing", func(*testing.T, *parking) {}, false, false},
	{"a request", func(t *testing.T, e *parking) { e.client.write(t, gets("/second")) }, false, false},
	{"a part of a request", func(t *testing.T, e *parking) { e.client.write(t, gets("/second")[:3]) }, false, false},
	{"Shutdown", func(t *testing.T, e *parking) {
		e.others.Go(func() {
			if err := e.site.Shutdown(context.Background()); err != nil {
				t.Error(err)
			}
		})
		if !eventually(func() bool { // it has closed the listener, and is looking for idle connections
			c, err := net.Dial("tcp", e.site.addr)
			if err == nil {
				c.Close()
			}
			return err != nil
		}) {
			t.Error("Shutdown does not close the listener")
		}
	}, true, false},
	{"Close", func(_ *testing.T, e *parking) { e.site.Close() }, true, false},
	{"SetKeepAlivesEnabled", func(_ *testing.T, e *parking) { e.site.SetKeepAlivesEnabled(false) }, true, false},
	{"Close of the connection", func(_ *testing.T, e *parking) { e.conn.Close() }, true, false},
	{"the client's close", func(_ *testing.T, e *parking) { e.client.Close() }, true, true},
	{"the client's reset", func(_ *testing.T, e *parking) { e.client.Conn.(*net.TCPConn).SetLinger(0); e.client.Close() }, true, true},
}

// A connection that is being parked may be closed at each step: by Shutdown between the end of its Read and the Close of the
// engine, for example, which then must not detach it.
func TestAConnectionThatIsBeingParked(t *testing.T) {
	for name, place := range map[string]nethttp.Place{
		"Read ends": nethttp.LeaseEnds, "Close begins": nethttp.LeaseCloses, "parked again": nethttp.ParkedAgain,
	} {
		for _, with := range interferences {
			t.Run(name+", "+with.name, func(t *testing.T) {
				for _, k := range []kind{kinds[0], kinds[1]} {
					park(t, k, place, with)
				}
			})
		}
	}
}

// park lets a connection reach a place on its way to be parked, interferes there, and checks what becomes of it.
func park(t *testing.T, k kind, place nethttp.Place, with interference) {
	t.Helper()
	e := &parking{}
	var conn atomic.Value
	e.site = k.newSite(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path) }),
		func(s *http.Server) {
			s.ConnState = func(c net.Conn, state http.ConnState) {
				if state == http.StateNew {
					conn.Store(c)
				}
			}
		})
	var came atomic.Bool
	answered, done := make(chan struct{}), make(chan struct{})
	e.site.ours.MaxConns = 3
	e.site.ours.At(func(p nethttp.Place) {
		if p == place && !came.Swap(true) {
			defer close(done)
			<-answered
			e.conn = conn.Load().(net.Conn)
			with.do(t, e)
		}
	})
	e.site.serve(t, e.site.Serve)
	e.client = e.site.dial(t)
	e.client.get(t, "/first")
	close(answered)
	within(t, "the place", done)
	switch {
	case with.ends:
		if got := e.client.rest(); !with.left && got != `"", EOF` {
			t.Errorf("%s: the client gets %s", k.name, got)
		}
	case with.name == "a request":
		if _, got := e.client.response(t, http.MethodGet); got != "/second" {
			t.Errorf("%s: the client gets %q", k.name, got)
		}
	case with.name == "a part of a request":
		e.client.write(t, gets("/second")[3:])
		if _, got := e.client.response(t, http.MethodGet); got != "/second" {
			t.Errorf("%s: the client gets %q", k.name, got)
		}
	}
	if !with.ends {
		if _, got := e.client.get(t, "/third"); got != "/third" {
			t.Errorf("%s: the client gets %q", k.name, got)
		}
		e.client.Close()
	}
	e.site.conns.check(t, k.name)
	e.others.Wait()
	e.site.Close()
	e.site.checkEmpty(t)
}

// checkEmpty waits until nothing of connections is left in the lists and limits of the server.
func (s *site) checkEmpty(t testing.TB) {
	t.Helper()
	if !eventually(func() bool {
		st := s.ours.Stats()
		return st.Parked == 0 && st.Served == 0 && s.ours.Slots() == 0 && s.ours.Addrs() == 0
	}) {
		t.Errorf("%s: %+v, %d slots and %d addresses are left", s.kind.name, s.ours.Stats(), s.ours.Slots(), s.ours.Addrs())
	}
}
