package tcp_test

import (
	"errors"
	"net"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

// relisten listens at the same address again and again while connections come and tasks of all workers accept.
func relisten(t *testing.T, rounds int, serve func(addr string) (close func() error, stop func())) {
	t.Helper()
	first, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := first.Addr().String()
	first.Close()
	for range rounds {
		closeIt, stop := serve(addr)
		dialed := make(chan struct{})
		enough := make(chan struct{})
		go func() {
			defer close(dialed)
			for i := range 8 {
				c, err := net.Dial("tcp", addr)
				if err == nil {
					c.Close()
				}
				if i == 3 {
					close(enough)
				}
			}
		}()
		<-enough // accepts are under way, and more connections come
		if err := closeIt(); err != nil {
			t.Error(err)
		}
		l, err := net.Listen("tcp", addr)
		if err != nil {
			t.Fatalf("the port is not free after Close: %v", err)
		}
		<-dialed
		l.Close()
		stop()
	}
}

func rounds() int {
	if testing.Short() {
		return 50
	}
	return 400
}

func TestPortIsFreeAfterClose(t *testing.T) {
	rt := nettest.NewRuntime(t)
	relisten(t, rounds(), func(addr string) (func() error, func()) {
		l, err := tcp.Listen("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		var hs []nettest.Handle
		for w := range 2 * rt.Workers() {
			hs = append(hs, executor.Do(rt.On(w%rt.Workers()), func(co *coro.Co) error {
				for {
					s, err := l.Accept(co)
					if errors.Is(err, net.ErrClosed) {
						return nil
					}
					if err != nil {
						return err
					}
					s.Close()
				}
			}))
		}
		return l.Close, func() {
			for _, h := range hs {
				if err := nettest.Finish(t, h); err != nil {
					t.Error(err)
				}
			}
		}
	})
}

func TestPortIsFreeAfterCloseOfAGroup(t *testing.T) {
	rt, err := executor.New(modetest.Options(executor.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	for _, handOver := range []bool{false, true} {
		relisten(t, rounds()/2, func(addr string) (func() error, func()) {
			lc := tcp.ListenConfig{HandOver: handOver}
			g, err := lc.ListenGroup(rt, "tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			h := executor.Do(rt, func(co *coro.Co) error {
				return g.ServeWith(co, func(_ core.Spawner, s *tcp.Stream) { s.Close() })
			})
			return g.Close, func() {
				if err := nettest.Finish(t, h); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
