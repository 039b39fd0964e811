package epoll_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/epoll"
	"golang.org/x/sys/unix"
)

// A wait that the system refuses returns the error, with any timeout and by either system call.
func TestAWaitThatFailsReturnsTheErrorAndLeavesItsSlice(t *testing.T) {
	for name, newPoller := range map[string]func() (*epoll.Poller, error){"ns": epoll.New, "ms": epoll.NewMillis} {
		for _, timeout := range []time.Duration{-1, 0, 1, time.Hour, math.MaxInt64} {
			p, err := newPoller()
			if err != nil {
				t.Fatal(err)
			}
			putBack := p.LoseEpoll()
			kept := reactor.Event{Key: 3}
			events, err := p.Wait([]reactor.Event{kept}, timeout)
			var pe *reactor.PollError
			if !errors.Is(err, unix.EBADF) || !errors.As(err, &pe) || pe.Op != "wait" || pe.FD != reactor.NoFD {
				t.Errorf("%s, %v: Wait returned %v", name, timeout, err)
			}
			if len(events) != 1 || events[0] != kept {
				t.Errorf("%s, %v: Wait left %v", name, timeout, events)
			}
			putBack()
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}
