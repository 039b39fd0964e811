//go:build unix

package unix_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/unix"
	"github.com/moduvex/moduvex-go/reactor"
)

// fullReceiver makes a receiver without room for a small message, and a socket whose sends to it wait.
func fullReceiver(tb testing.TB, rt *executor.Runtime) (s, full *unix.Datagram, path string) {
	tb.Helper()
	full, path = bind(tb)
	s = unbound(tb)
	nettest.Do(tb, rt, func(co *coro.Co) error { return fillUp(co, s, path) })
	return s, full, path
}

func unbound(tb testing.TB) *unix.Datagram {
	tb.Helper()
	s, err := unix.Unbound()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { s.Close() })
	return s
}

// fillUp sends until there is no room.
func fillUp(co *coro.Co, s *unix.Datagram, path string) error {
	for {
		err, cancelled := coro.Await(co, &once{s: s, to: path})
		if errors.Is(err, errNoRoom) {
			return nil
		}
		if err = errors.Join(err, cancelled); err != nil {
			return err
		}
	}
}

var errNoRoom = errors.New("no room")

// once is one try to send, given up if it would wait.
type once struct {
	s  *unix.Datagram
	to string
}

func (o *once) Poll(cx *core.Context) (error, bool) {
	if cx.Budget() == 0 {
		cx.Yield()
		return nil, false
	}
	_, ok, err := o.s.PollWriteTo(cx, []byte("x"), o.to)
	if !ok {
		o.s.Unwait(cx.Waker(), reactor.Write)
		err = errNoRoom
	}
	return err, true
}

// until waits for a condition.
func until(tb testing.TB, what string, cond func() bool) {
	tb.Helper()
	for deadline := time.Now().Add(nettest.Timeout); !cond(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			tb.Fatal("it did not come to pass: ", what)
		}
	}
}

// sender starts a task that sends a text and waits until it is in line as the n-th.
func sender(tb testing.TB, on core.Spawner, s *unix.Datagram, path, text string, n int) nettest.Handle {
	tb.Helper()
	h := executor.Do(on, func(co *coro.Co) error {
		_, err := s.WriteTo(co, []byte(text), path)
		return err
	})
	until(tb, "it is in line", func() bool { return s.Queued(path) == n })
	return h
}

// A receiver that does not read holds up only the sends to itself.
func TestASendQueueIsOfOneReceiver(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, _, path := fullReceiver(t, rt)
	waits := sender(t, rt, s, path, "waits", 1)
	other, otherPath := bind(t)
	const rounds = 500
	reader := executor.Do(rt, func(co *coro.Co) error {
		for range 2 * rounds {
			if _, err := other.Read(co, make([]byte, 10)); err != nil {
				return err
			}
		}
		return nil
	})
	nettest.Do(t, rt, func(co *coro.Co) error {
		for range rounds {
			if _, err := s.WriteTo(co, []byte("x"), otherPath); err != nil {
				return err
			}
			if err, cancelled := coro.Await(co, &send{s: s, to: otherPath}); err != nil || cancelled != nil {
				return errors.Join(err, cancelled)
			}
		}
		return nil
	})
	if err := nettest.Finish(t, reader); err != nil {
		t.Error(err)
	}
	if waits.Finished() {
		t.Error("the send to the receiver without room has ended")
	}
	waits.Abort()
	if err := nettest.Finish(t, waits); err == nil {
		t.Error("an aborted send succeeded")
	}
	if s.SendQueues() != 0 {
		t.Error("there is a queue without a send")
	}
}

// send is a send in poll style.
type send struct {
	s       *unix.Datagram
	to      string
	waker   core.Waker
	desert  bool // leave without Unwait
	pending chan struct{}
}

func (p *send) Poll(cx *core.Context) (error, bool) {
	p.waker = cx.Waker()
	_, ok, err := p.s.PollWriteTo(cx, []byte("p"), p.to)
	if !ok && p.pending != nil {
		close(p.pending)
		p.pending = nil
	}
	return err, ok
}

func (p *send) Drop() {
	if !p.desert {
		p.s.Unwait(p.waker, reactor.Write)
	}
}

// Sends to the same receiver are served in the order of their arrival, and a task that goes on sending
// waits behind the others.
func TestASendQueueKeepsTheOrderOfArrival(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, full, path := fullReceiver(t, rt)
	one := rt.On(0) // a send that another worker delays by more than a pause loses its place
	const n = 5
	var all []nettest.Handle
	for i := range n {
		all = append(all, sender(t, one, s, path, fmt.Sprint(i), i+1))
	}
	greedy := executor.Do(one, func(co *coro.Co) error {
		for {
			if _, err := s.WriteTo(co, []byte("greedy"), path); err != nil {
				return err
			}
		}
	})
	until(t, "the greedy one is in line", func() bool { return s.Queued(path) == n+1 })
	nettest.Do(t, rt, func(co *coro.Co) error {
		b := make([]byte, 10)
		for next := 0; next < n; {
			k, err := full.Read(co, b)
			if err != nil {
				return err
			}
			switch got := string(b[:k]); got {
			case "x":
			case fmt.Sprint(next):
				next++
			default:
				return fmt.Errorf("got %q, want %d", got, next)
			}
		}
		return nil
	})
	for _, h := range all {
		if err := nettest.Finish(t, h); err != nil {
			t.Error(err)
		}
	}
	greedy.Abort()
	nettest.Finish(t, greedy)
	if s.SendQueues() != 0 {
		t.Error("there is a queue without a send")
	}
}

// However a send ends, nothing of it stays.
func TestASendQueueThatIsEmptyIsDiscarded(t *testing.T) {
	for name, end := range map[string]struct {
		do   func(s, full *unix.Datagram, h nettest.Handle)
		want error
	}{
		"abort":          {func(_, _ *unix.Datagram, h nettest.Handle) { h.Abort() }, core.ErrCancelled},
		"deadline":       {func(s, _ *unix.Datagram, _ nettest.Handle) { s.SetWriteDeadline(time.Now()) }, netDeadline},
		"both deadlines": {func(s, _ *unix.Datagram, _ nettest.Handle) { s.SetDeadline(time.Now().Add(time.Millisecond)) }, netDeadline},
		"close":          {func(s, _ *unix.Datagram, _ nettest.Handle) { s.Close() }, net.ErrClosed},
		"receiver gone":  {func(_, full *unix.Datagram, _ nettest.Handle) { full.Close() }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			rt := nettest.NewRuntime(t)
			s, full, path := fullReceiver(t, rt)
			a, b := sender(t, rt, s, path, "a", 1), sender(t, rt, s, path, "b", 2)
			for _, h := range []nettest.Handle{b, a} {
				end.do(s, full, h)
				if err := nettest.Finish(t, h); err == nil || end.want != nil && !errors.Is(err, end.want) {
					t.Errorf("the send ended with %v", err)
				}
			}
			if s.SendQueues() != 0 {
				t.Error("there is a queue without a send")
			}
		})
	}
}

var netDeadline error = os.ErrDeadlineExceeded

// Poll-style sends that are given up, with Unwait or without, do not stop the sends behind them.
func TestSendThatIsGivenUpStopsNobody(t *testing.T) {
	for _, desert := range []bool{false, true} {
		rt := nettest.NewRuntime(t)
		s, full, path := fullReceiver(t, rt)
		for range 3 {
			p := &send{s: s, to: path, desert: desert, pending: make(chan struct{})}
			pending := p.pending
			h := executor.Spawn[error](rt, p)
			<-pending
			h.Abort()
			<-h.Done()
		}
		if n := s.Queued(path); n != 0 && !desert {
			t.Errorf("%d are in line that have given up", n)
		}
		last := executor.Do(rt, func(co *coro.Co) error {
			_, err := s.WriteTo(co, []byte("last"), path)
			return err
		})
		nettest.Do(t, rt, func(co *coro.Co) error {
			for b := make([]byte, 10); ; {
				n, err := full.Read(co, b)
				if err != nil || string(b[:n]) == "last" {
					return err
				}
			}
		})
		if err := nettest.Finish(t, last); err != nil {
			t.Error(err)
		}
		if s.SendQueues() != 0 {
			t.Error("there is a queue without a send")
		}
	}
}
