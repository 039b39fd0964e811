package executor_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/reactor"
)

// A netpolled Poller counts its waits in Go's netpoller.
type netpolled struct {
	reactor.Poller
	waits atomic.Int64
}

func (p *netpolled) WaitInNetpoll(events []reactor.Event, timeout time.Duration) ([]reactor.Event, error) {
	p.waits.Add(1)
	return p.Wait(events, timeout)
}

func TestAWorkerSleepsInNetpollWhileItWakesGoroutines(t *testing.T) {
	if !modetest.First() {
		return
	}
	realPoller(t)
	for _, locked := range []bool{false, true} {
		var p *netpolled
		rt := startRuntime(t, executor.Options{
			Workers:      1,
			LockOSThread: locked,
			Poller: func() (reactor.Poller, error) {
				q, err := executor.SystemPoller()
				p = &netpolled{Poller: q}
				return p, err
			},
		})
		sleeps := func(n int) {
			for range n {
				if _, err := executor.Go(rt, func(co *coro.Co) (int, error) { return 0, coro.Sleep(co, time.Millisecond) }).Wait(within(t)); err != nil {
					t.Fatal(err)
				}
			}
			eventually(t, "the worker sleeps", func() bool { return rt.Metrics().Workers[0].Parked })
		}
		s, peer := streams(t, rt)
		sleeps(executor.ServesFor + 5) // after the dial
		before := p.waits.Load()
		sleeps(3)
		if n := p.waits.Load(); n != before {
			t.Errorf("%d waits in the netpoller although no goroutine was woken", n-before)
		}
		pk := rt.Parker(0)
		if _, ready, err := s.PollRead(pk.Context(), make([]byte, 1)); ready {
			t.Fatal(err)
		}
		peer.Write([]byte{1})
		pk.Park()
		pk.Release()
		sleeps(executor.ServesFor + 5)
		if n := p.waits.Load(); locked != (n == before) {
			t.Errorf("%d waits in the netpoller after a goroutine was woken; locked to a thread: %t", n-before, locked)
		}
	}
}
