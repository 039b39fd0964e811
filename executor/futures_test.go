package executor_test

import (
	"math"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/reactortest"
)

// A sleeper is a sleep in poll style. It returns how late it was, in nanoseconds, once its entry has fired,
// which it hears of as the entry's waker: the entry itself is under the wheel's lock where tasks move.
type sleeper struct {
	d     time.Duration
	at    time.Duration
	host  core.Host
	waker core.Waker
	entry wheel.Entry
	fired atomic.Bool
	drops atomic.Int64
}

func (s *sleeper) Poll(cx *core.Context) (int, bool) {
	if s.host == nil {
		s.host, s.waker = cx.Host(), cx.Waker()
		s.at = cx.Now() + min(s.d, math.MaxInt64-cx.Now())
		s.entry.Waker = s
		s.host.Arm(&s.entry, s.at)
	}
	return int(cx.Now() - s.at), s.fired.Load()
}

// Wake is what the wheel calls.
func (s *sleeper) Wake() {
	s.fired.Store(true)
	s.waker.Wake()
}

func (s *sleeper) Drop() {
	s.drops.Add(1)
	if s.host != nil {
		s.host.Disarm(&s.entry)
	}
}

// A reader waits until its stream has a byte, and returns it.
type reader struct {
	stream reactortest.Stream
	reg    *reactor.Registration
	waker  core.Waker
	polls  atomic.Int64
	drops  atomic.Int64
}

func (r *reader) Poll(cx *core.Context) (int, bool) {
	r.polls.Add(1)
	if r.reg == nil {
		reg, err := cx.Host().IO().(*reactor.Reactor).Register(r.stream.FD(), reactor.Readable)
		if err != nil {
			panic(err)
		}
		r.reg, r.waker = reg, cx.Waker()
	}
	for {
		ev, ok := r.reg.PollReady(r.waker, reactor.Read)
		if !ok {
			return 0, false
		}
		var b [1]byte
		_, err := r.stream.Read(b[:])
		if err == reactortest.ErrWouldBlock {
			r.reg.ClearReady(ev, reactor.Read)
			continue
		}
		r.release()
		return int(b[0]), true
	}
}

func (r *reader) Drop() {
	r.drops.Add(1)
	if r.reg != nil {
		r.release()
	}
}

func (r *reader) release() {
	r.reg.Unwait(r.waker, reactor.Read)
	r.reg.Deregister()
}
