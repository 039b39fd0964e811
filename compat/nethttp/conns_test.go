package nethttp_test

import (
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
)

// conns follows the connections of a site by its ConnState: each is one value for its whole life, and ends once.
type conns struct {
	mu     sync.Mutex
	states map[net.Conn][]http.ConnState
	order  []net.Conn
}

// follow has s call it beside the function that is there.
func (c *conns) follow(s *http.Server) {
	c.states = map[net.Conn][]http.ConnState{}
	next := s.ConnState
	s.ConnState = func(nc net.Conn, state http.ConnState) {
		c.mu.Lock()
		if c.states[nc] == nil {
			c.order = append(c.order, nc)
		}
		c.states[nc] = append(c.states[nc], state)
		c.mu.Unlock()
		if next != nil {
			next(nc, state)
		}
	}
}

func over(states []http.ConnState) bool {
	return slices.Contains(states, http.StateClosed) || slices.Contains(states, http.StateHijacked)
}

// open returns how many connections have not ended.
func (c *conns) open() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, states := range c.states {
		if !over(states) {
			n++
		}
	}
	return n
}

// of returns the states of the nth connection.
func (c *conns) of(n int) []http.ConnState {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n >= len(c.order) {
		return nil
	}
	return slices.Clone(c.states[c.order[n]])
}

// check waits until all connections have ended, and checks how.
func (c *conns) check(t testing.TB, name string) {
	t.Helper()
	if !eventually(func() bool { return c.open() == 0 }) {
		t.Errorf("%s: %d connections go on", name, c.open())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, states := range c.states {
		last := states[len(states)-1]
		if states[0] != http.StateNew || last != http.StateClosed && last != http.StateHijacked || over(states[:len(states)-1]) {
			t.Errorf("%s: the states of a connection are %v", name, states)
		}
	}
}

// count returns how many connections there have been.
func (c *conns) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.order)
}
