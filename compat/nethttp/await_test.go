package nethttp_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/nethttp"
	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

// A handler that awaits by Await works in both exchanges, and its awaits end when the client disconnects.
func TestAHandlerAwaitsInEitherExchange(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			var s *site
			left := make(chan error, 1)
			s = k.newSite(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				v, err := nethttp.Await(r, s.ours.Runtime, func(co *coro.Co) (int, error) {
					if r.URL.Path == "/wait" {
						return 0, coro.Sleep(co, time.Hour)
					}
					return 7, co.Yield()
				})
				if r.URL.Path == "/wait" {
					left <- err
				}
				fmt.Fprintf(w, "%d %v", v, err)
			}))
			s.serve(t, s.Serve)
			if status, body := s.dial(t).get(t, "/"); status != 200 || body != `"7 <nil>"` && body != "7 <nil>" {
				t.Errorf("the answer is %d %q", status, body)
			}
			c := s.dial(t)
			c.write(t, gets("/wait"))
			if !eventually(func() bool { return s.ours.Stats().Served == 1 }) {
				t.Fatal("no handler waits")
			}
			c.Close()
			if err := within(t, "the end of the await", left); !errors.Is(err, core.ErrCancelled) {
				t.Errorf("the await fails with %v", err)
			}
		})
	}
}

// Each worker waits with as many connections as every other one.
func TestConnectionsAreSpreadOverTheWorkers(t *testing.T) {
	s := kinds[0].newSite(t, http.NotFoundHandler())
	l, err := stdnet.Listen(s.ours.Runtime, "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = l.Addr().String()
	go func() { s.served <- s.Serve(l) }()
	t.Cleanup(func() { s.end(t) })
	n := s.ours.Runtime.Workers()
	for range 3 * n {
		s.dial(t)
	}
	if !eventually(func() bool { return s.ours.Stats().Parked == 3*n }) {
		t.Fatal("not all connections are accepted")
	}
	for worker, have := range s.ours.Spread() {
		if have != 3 {
			t.Errorf("worker %d has %d of %d connections", worker, have, 3*n)
		}
	}
}

// A worker that is late does not end a request that was in time.
func TestARequestInTimeIsServedByALateWorker(t *testing.T) {
	s := kinds[0].serve(t, http.NotFoundHandler(), func(s *http.Server) { s.ReadHeaderTimeout = short })
	c := s.dial(t)
	if !eventually(func() bool { return s.ours.Stats().Parked == 1 }) {
		t.Fatal("the connection is not accepted")
	}
	rt := s.ours.Runtime
	held := make(chan struct{}, rt.Workers())
	for i := range rt.Workers() {
		executor.Do(rt.On(i), func(*coro.Co) error {
			held <- struct{}{}
			time.Sleep(2 * short) // until the deadline has passed
			return nil
		})
	}
	for range rt.Workers() {
		<-held
	}
	c.write(t, gets("/"))
	if status, _ := c.response(t, http.MethodGet); status != http.StatusNotFound {
		t.Errorf("the status is %d", status)
	}
}
