package nethttp

import (
	"context"
	"net"
	"net/http"
)

// hook puts this server's functions into the engine. They call the program's.
func (s *Server) hook() {
	base := s.HTTP.BaseContext
	s.HTTP.BaseContext = func(l net.Listener) context.Context {
		f, ok := l.(*feed)
		if !ok { // HTTP.Serve was called, and not that of s
			if base == nil {
				return context.Background()
			}
			return base(l)
		}
		ctx := context.Background()
		if base != nil {
			ctx = base(f.from)
		}
		if ctx != nil {
			f.ctx = context.WithValue(ctx, http.ServerContextKey, s.HTTP)
		}
		return ctx
	}
	s.connContext = s.HTTP.ConnContext
	s.HTTP.ConnContext = func(ctx context.Context, nc net.Conn) context.Context {
		c, _ := leaseOf(nc)
		switch {
		case c != nil:
			return c.ctx // made when it was accepted
		case s.connContext != nil:
			return s.connContext(ctx, nc)
		}
		return ctx
	}
	s.connState = s.HTTP.ConnState
	s.HTTP.ConnState = s.stateChanged
}

// stateChanged is the ConnState of the engine. The program sees the connection instead of its leases, and StateNew and
// StateClosed once.
func (s *Server) stateChanged(nc net.Conn, state http.ConnState) {
	c, lease := leaseOf(nc)
	if c == nil {
		if state == http.StateClosed || state == http.StateHijacked {
			s.uncount(nc)
		}
		if s.connState != nil {
			s.connState(nc, state)
		}
		return
	}
	switch state {
	case http.StateNew: // told when it was accepted
		return
	case http.StateActive, http.StateIdle:
		if lease != nil {
			lease.entered(state == http.StateActive)
		}
	case http.StateHijacked:
		c.hijack()
	case http.StateClosed:
		if lease != nil && lease.end.Load() == detached || c.told.Swap(true) {
			return
		}
	}
	if s.connState != nil {
		s.connState(c, state)
	}
}
