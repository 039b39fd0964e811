package tcp_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

// A Serve that begins when the runtime drains already ends as one that has begun before, and the owner closes the
// group as ever.
func TestServeDuringADrain(t *testing.T) {
	for name, lc := range groups {
		t.Run(name, func(t *testing.T) {
			rt := nettest.NewRuntime(t)
			g := listenGroup(t, rt, lc)
			serve := executor.Do(rt, func(co *coro.Co) error {
				if _, err := coro.Await(co, executor.Draining()); err != nil {
					return err
				}
				return g.Serve(co, func(*coro.Co, *tcp.Stream) {})
			})
			nettest.Settle(rt)
			ended := shutdown(t, rt)
			if err := nettest.Finish(t, serve); err != nil {
				t.Errorf("Serve: %v", err)
			}
			if !refuses(g.Addr().String()) {
				t.Error("the port does not refuse")
			}
			if err := <-ended; err != nil {
				t.Error(err)
			}
			if err := g.Close(); err != nil {
				t.Errorf("the first Close by its owner: %v", err)
			}
		})
	}
}
