package nethttp_test

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/executor/modetest"
)

// checkFlat connects n clients, which begin as begin does, and checks that they hold no goroutine and are parked.
func checkFlat(t *testing.T, s *site, n int, begin func(c *client)) []*client {
	t.Helper()
	before := runtime.NumGoroutine()
	clients := make([]*client, n)
	for i := range clients {
		clients[i] = s.dial(t)
		begin(clients[i])
	}
	s.waitParked(t, n)
	if !eventually(func() bool { return runtime.NumGoroutine() <= before+2 }) { // the sweep may run
		t.Errorf("%d connections have %d goroutines", n, runtime.NumGoroutine()-before)
	}
	return clients
}

// Clients that send half a header, byte for byte, hold no goroutine and little memory. ReadHeaderTimeout ends them.
func TestSlowClients(t *testing.T) {
	if !modetest.First() {
		return
	}
	n := 2000
	if testing.Short() {
		n = 200
	}
	s := kinds[0].newSite(t, http.HandlerFunc(hello), func(s *http.Server) { s.ReadHeaderTimeout = time.Hour })
	s.serve(t, s.Serve)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	clients := checkFlat(t, s, n, func(c *client) { io.WriteString(c, "GET /a HTTP/1.1\r\nHost: x\r\n") })
	for i := range 20 {
		for _, c := range clients {
			fmt.Fprintf(c, "X-%d: %s", i, strings.Repeat("a", 10))
		}
		for _, c := range clients {
			io.WriteString(c, "\r\n")
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if each := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / int64(n); each > 8<<10 {
		t.Errorf("a connection takes %d bytes with its client", each)
	}
	if st := s.ours.Stats(); st.Parked != n || st.Served != 0 {
		t.Errorf("%+v, want all parked", st)
	}
	for _, c := range clients[:10] {
		io.WriteString(c, "\r\n")
		if _, body := c.response(t, http.MethodGet); body != "/a" {
			t.Errorf("the answer is %q", body)
		}
	}
}

// ReadHeaderTimeout ends them all at a time.
func TestSlowClientsEnd(t *testing.T) {
	s := kinds[0].serve(t, http.HandlerFunc(hello), func(s *http.Server) { s.ReadHeaderTimeout = short })
	var clients []*client
	for range 100 {
		c := s.dial(t)
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n")
		clients = append(clients, c)
	}
	for _, c := range clients {
		if got := c.rest(); !strings.HasSuffix(got, "EOF") {
			t.Errorf("a slow client gets %s", got)
		}
	}
	s.checkNoConns(t)
}

func (s *site) checkNoConns(t testing.TB) {
	t.Helper()
	if !eventually(func() bool { st := s.ours.Stats(); return st.Parked+st.Served == 0 }) {
		t.Errorf("%+v are left", s.ours.Stats())
	}
}
