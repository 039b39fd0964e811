//go:build unix

package executor_test

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/udp"
	"github.com/moduvex/moduvex-go/executor/net/unix"
	"github.com/moduvex/moduvex-go/reactor"
)

// Reads with a far deadline that have ended leave no timer behind, on any worker.

const far = time.Hour

// noTimers waits until no worker has a timer. A timer that another goroutine has given back is gone after a round.
func noTimers(t *testing.T, rt *executor.Runtime) {
	t.Helper()
	eventually(t, "the timers are gone", func() bool { return armedTimers(t, rt) == 0 })
}

// A lateReader is a poll-style read that is given up.
type lateReader struct {
	s       *unix.Stream
	giveUp  func(r *lateReader)
	waker   core.Waker
	pending chan struct{} // closed by the first poll
}

func (r *lateReader) Poll(cx *core.Context) (error, bool) {
	var b [1]byte
	_, ok, err := r.s.PollRead(cx, b[:])
	if !ok && r.waker == nil {
		r.waker = cx.Waker()
		close(r.pending)
	}
	return err, ok
}

func (r *lateReader) Drop() { r.giveUp(r) }

func TestReadsThatAreGivenUpLeaveNoTimer(t *testing.T) {
	realPoller(t)
	for name, giveUp := range map[string]func(r *lateReader){
		"unwait":                  func(r *lateReader) { r.s.Unwait(r.waker, reactor.Read) },
		"close":                   func(r *lateReader) { r.s.Close() },
		"unwait and close":        func(r *lateReader) { r.s.Unwait(r.waker, reactor.Read); r.s.Close() },
		"close and unwait":        func(r *lateReader) { r.s.Close(); r.s.Unwait(r.waker, reactor.Read) },
		"close on another thread": func(r *lateReader) { done := make(chan struct{}); go func() { r.s.Close(); close(done) }(); <-done },
	} {
		t.Run(name, func(t *testing.T) {
			rt := startRuntime(t, executor.Options{})
			for range 3 {
				a, b, err := unix.StreamPair()
				if err != nil {
					t.Fatal(err)
				}
				defer a.Close()
				defer b.Close()
				if err := a.SetReadDeadline(time.Now().Add(far)); err != nil {
					t.Fatal(err)
				}
				r := &lateReader{s: a, giveUp: giveUp, pending: make(chan struct{})}
				h := executor.Spawn[error](rt, r)
				<-r.pending
				if n := armedTimers(t, rt); n != 1 {
					t.Fatalf("%d timers are armed for a read", n)
				}
				h.Abort()
				<-h.Done()
				noTimers(t, rt)
			}
		})
	}
}

// However many workers read a socket, its deadline is one timer, and none once they have ended.
func TestReadersOnSeveralWorkersLeaveNoTimer(t *testing.T) {
	realPoller(t)
	rt := startRuntime(t, executor.Options{})
	s, err := udp.Listen("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.SetReadDeadline(time.Now().Add(far)); err != nil {
		t.Fatal(err)
	}
	got := make(chan struct{}, 1)
	readers := executor.GoEach(rt, func(co *coro.Co, _ int) (int, error) {
		var b [10]byte
		for n := 0; ; n++ {
			if _, err := s.Read(co, b[:]); err != nil {
				return n, err
			}
			got <- struct{}{}
		}
	})
	c, err := udp.Connect(s.LocalAddrPort())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for range 300 {
		if _, _, err := c.TryWrite([]byte("x")); err != nil {
			t.Fatal(err)
		}
		<-got
	}
	eventually(t, "one timer is armed", func() bool { return armedTimers(t, rt) == 1 })
	for _, h := range readers {
		h.Abort()
		<-h.Done()
	}
	noTimers(t, rt)
}

// A read that ends leaves the alarm on for those that still wait.
func TestDeadlineOfTheOthersStays(t *testing.T) {
	realPoller(t)
	rt := startRuntime(t, executor.Options{})
	a, b, err := unix.StreamPair()
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	defer b.Close()
	if err := a.SetReadDeadline(time.Now().Add(200 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	read := func(co *coro.Co) (int, error) { return a.Read(co, make([]byte, 1)) }
	stays, goes := executor.Go(rt, read), executor.Go(rt, read)
	r := &lateReader{s: a, giveUp: func(r *lateReader) { r.s.Unwait(r.waker, reactor.Read) }, pending: make(chan struct{})}
	h := executor.Spawn[error](rt, r)
	<-r.pending
	settled(t, rt)
	goes.Abort()
	h.Abort()
	<-goes.Done()
	<-h.Done()
	if _, err := join(t, stays); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the other read ended with %v", err)
	}
	noTimers(t, rt)
}

// A task that has seen the socket open may set its alarm after the close.
func TestCloseRacesWithReadsAndLeavesNoTimer(t *testing.T) {
	realPoller(t)
	rt := startRuntime(t, executor.Options{})
	for range 200 {
		a, b, err := unix.StreamPair()
		if err != nil {
			t.Fatal(err)
		}
		a.SetReadDeadline(time.Now().Add(far))
		r := &lateReader{s: a, giveUp: func(*lateReader) {}, pending: make(chan struct{})}
		h := executor.Spawn[error](rt, r)
		a.Close()
		if err := joinOK(t, h); !errors.Is(err, net.ErrClosed) {
			t.Fatal(err)
		}
		b.Close()
	}
	noTimers(t, rt)
}
