package nethttp_test

import (
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// The program may set a deadline through the connection that ConnState has seen while no request is there, as with net/http.
func TestADeadlineForAConnectionThatWaits(t *testing.T) {
	compare(t, func(t *testing.T, k kind) *transcript {
		tr := new(transcript)
		idle := make(chan net.Conn, 10)
		s := k.serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path) }), func(s *http.Server) {
			s.ConnState = func(c net.Conn, state http.ConnState) {
				if state == http.StateIdle {
					idle <- c
				}
			}
		})
		c := s.dial(t)
		_, body := c.get(t, "/first")
		tr.add("client", "%s", body)
		nc := within(t, "the wait for a request", idle)
		s.waitParked(t, 1)
		_, body = c.get(t, "/second")
		tr.add("client", "%s", body)
		within(t, "the wait for a request", idle)
		s.waitParked(t, 1)
		for s.ours == nil { // net/http sets its own deadline after it has told of the state
			nc.SetReadDeadline(time.Now())
			if !over(s.conns.of(0)) {
				time.Sleep(time.Millisecond)
				continue
			}
			break
		}
		nc.SetReadDeadline(time.Now())
		tr.add("client", "%s", c.rest())
		return tr
	})
}
