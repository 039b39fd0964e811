package tcp_test

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

// The listeners of a group accept all of its connections, and close with it.
func TestTheListenersOfAGroupAcceptItsConnections(t *testing.T) {
	for name, lc := range groups {
		t.Run(name, func(t *testing.T) {
			rt := nettest.NewRuntime(t)
			g := listenGroup(t, rt, lc)
			listeners := g.Listeners()
			listeners[0] = nil // it is a copy
			listeners = g.Listeners()
			if n := len(listeners); n == 0 || lc.HandOver && n != 1 {
				t.Fatalf("%d listeners", n)
			}
			const conns = 32
			accepts := executor.Do(rt, func(co *coro.Co) error {
				return coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, all *coro.Group) error {
					for _, l := range listeners {
						if l.AddrPort() != g.AddrPort() {
							t.Errorf("listens on %v, not on %v", l.AddrPort(), g.AddrPort())
						}
						all.Do(co, func(co *coro.Co) error { return closeAll(co, l) })
					}
					return nil
				})
			})
			for range conns {
				c, err := net.Dial("tcp", g.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				c.SetDeadline(time.Now().Add(nettest.Timeout))
				if n, err := c.Read(make([]byte, 1)); n != 0 || err != io.EOF {
					t.Errorf("read %d bytes, %v of a connection that is closed once it is accepted", n, err)
				}
				c.Close()
			}
			if err := g.Close(); err != nil {
				t.Error(err)
			}
			if _, err := accepts.Wait(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// closeAll accepts and closes connections until l is closed.
func closeAll(co *coro.Co, l *tcp.Listener) error {
	for {
		s, err := l.Accept(co)
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil
		case err != nil:
			return err
		}
		s.Close()
	}
}
