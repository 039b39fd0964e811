package tcp_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

// A connection that comes wakes one of the tasks that accept, not all.
func TestOneConnectionWakesOneAcceptor(t *testing.T) {
	rt := nettest.NewRuntime(t)
	l := listen(t)
	const acceptors = 200
	accepted := make(chan *tcp.Stream, acceptors)
	var hs []nettest.Handle
	for range acceptors {
		hs = append(hs, executor.Do(rt, func(co *coro.Co) error {
			s, err := l.Accept(co)
			if err == nil {
				accepted <- s
			}
			return err
		}))
	}
	nettest.Settle(rt)
	const conns = 5
	before := rt.Stats().Polls
	for range conns {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		select {
		case s := <-accepted:
			defer s.Close()
		case <-time.After(nettest.Timeout):
			t.Fatal("a connection is not accepted")
		}
	}
	// One accepts, and hands on to one that finds nothing more.
	if polls := rt.Stats().Polls - before; polls > 4*conns {
		t.Errorf("%d polls for %d connections, with %d tasks that accept", polls, conns, acceptors)
	}
	l.Close()
	for _, h := range hs {
		nettest.Finish(t, h)
	}
}

// What comes at once is accepted by many.
func TestABurstIsAcceptedByAll(t *testing.T) {
	rt := nettest.NewRuntime(t)
	l := listen(t)
	const n = 50
	var hs []nettest.Handle
	for i := range n {
		hs = append(hs, executor.Do(rt.On(i%rt.Workers()), func(co *coro.Co) error {
			s, err := l.Accept(co)
			if err == nil {
				s.Close()
			}
			return err
		}))
	}
	nettest.Settle(rt)
	for range n {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	for _, h := range hs {
		if err := nettest.Finish(t, h); err != nil {
			t.Error(err)
		}
	}
}

// A signal is a waker that can be waited for.
type signal struct {
	n atomic.Int32
	// The waker of the task around. The worker that wakes the signal may be another than the one that polls.
	woken atomic.Pointer[core.Waker]
}

func (s *signal) Wake() {
	s.n.Add(1)
	(*s.woken.Load()).Wake()
}

// in makes s wake the task that cx polls.
func (s *signal) in(cx *core.Context) {
	w := cx.Waker()
	s.woken.Store(&w)
}

// two polls PollAccept for two wakers, as two futures in one task.
type two struct {
	l      *tcp.Listener
	a, b   signal
	step   int
	dialed net.Conn
}

func (f *two) accept(cx *core.Context, w *signal) (*tcp.Stream, bool) {
	w.in(cx)
	old := cx.SwapWaker(w)
	s, ok, _ := f.l.PollAccept(cx)
	cx.SwapWaker(old)
	return s, ok
}

func (f *two) Poll(cx *core.Context) (string, bool) {
	switch f.step {
	case 0:
		_, first := f.accept(cx, &f.a)
		_, second := f.accept(cx, &f.b)
		if first || second {
			return "accepted before there was anything", true
		}
		c, err := net.Dial("tcp", f.l.Addr().String())
		if err != nil {
			return err.Error(), true
		}
		f.dialed = c
		f.step = 1
		return "", false
	case 1:
		if f.a.n.Load() == 0 {
			return "", false
		}
		if f.b.n.Load() != 0 {
			return "both were woken", true
		}
		f.l.Unwait(&f.a) // the one that was woken leaves
		if f.b.n.Load() == 0 {
			return "the wake is lost with the one that was woken", true
		}
		f.step = 2
		fallthrough
	default:
		s, ok := f.accept(cx, &f.b)
		if !ok {
			return "nothing to accept", true
		}
		s.Close()
		return "", true
	}
}

func TestAWakeOfAnAcceptorIsNotLost(t *testing.T) {
	rt := nettest.NewRuntime(t)
	f := &two{l: listen(t)}
	ctx, cancel := context.WithTimeout(context.Background(), nettest.Timeout)
	defer cancel()
	text, err := executor.BlockOn[string](ctx, rt, f)
	if text != "" || err != nil {
		t.Error(text, err)
	}
	f.dialed.Close()
}

// The same in direct style: however accepts are aborted, a connection finds one that is not.
func TestAbortedAcceptorsLoseNoConnection(t *testing.T) {
	rt := nettest.NewRuntime(t)
	for range rounds() {
		l := listen(t) // a new one, since connections that are not accepted stay in the backlog
		accept := func(co *coro.Co) error {
			s, err := l.Accept(co)
			if err == nil {
				s.Close()
			}
			return err
		}
		var hs []nettest.Handle
		for range 3 {
			hs = append(hs, executor.Do(rt, accept))
		}
		last := executor.Do(rt, accept)
		go func() {
			for _, h := range hs {
				h.Abort()
			}
		}()
		// The aborted ones take a connection each at most; the last one is left over for the fourth.
		for range 4 {
			c, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			c.Close()
		}
		if err := nettest.Finish(t, last); err != nil {
			t.Fatal(err)
		}
		for _, h := range hs {
			nettest.Finish(t, h)
		}
		l.Close()
	}
}
