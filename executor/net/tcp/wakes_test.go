package tcp_test

import (
	"context"
	"net"
	"os"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/reactor"
)

// A deadline that changes wakes one of those that wait, or none; one that is over ends all.
func TestADeadlineThatChangesWakesOneWaiter(t *testing.T) {
	const readers = 200
	for _, style := range []string{"direct", "poll"} {
		t.Run(style, func(t *testing.T) {
			rt := nettest.NewRuntime(t)
			s, _ := connect(t, rt)
			var hs []nettest.Handle
			for range readers {
				if style == "direct" {
					hs = append(hs, executor.Do(rt, func(co *coro.Co) error { _, err := s.Read(co, make([]byte, 1)); return err }))
				} else {
					hs = append(hs, executor.Spawn[struct{}](rt, &reading{s: s}))
				}
			}
			nettest.Settle(rt)
			now := time.Now()
			for _, at := range []time.Time{
				now.Add(2 * time.Hour), now.Add(time.Hour), now.Add(3 * time.Hour), {}, now.Add(4 * time.Hour),
			} {
				before := rt.Stats().Polls
				if err := s.SetReadDeadline(at); err != nil {
					t.Fatal(err)
				}
				nettest.Settle(rt)
				if polls := rt.Stats().Polls - before; polls > readers/4 {
					t.Errorf("%d polls for a new deadline", polls)
				}
			}
			s.SetReadDeadline(time.Now().Add(time.Millisecond))
			for _, h := range hs {
				err := nettest.Finish(t, h)
				if style == "direct" { // the future knows no error
					wantTimeout(t, err, "read")
				}
			}
		})
	}
}

// A deadline that was put off while its alarm was set comes at its new time.
func TestADeadlineThatWasPutOffTwiceStillComes(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, _ := connect(t, rt)
	begin := time.Now()
	const first, second, third = 200 * time.Millisecond, 250 * time.Millisecond, 300 * time.Millisecond
	s.SetReadDeadline(begin.Add(first))
	var hs []nettest.Handle
	for range 3 {
		hs = append(hs, executor.Do(rt, func(co *coro.Co) error { _, err := s.Read(co, make([]byte, 1)); return err }))
	}
	nettest.Settle(rt)
	s.SetReadDeadline(begin.Add(second))
	s.SetReadDeadline(begin.Add(third))
	inTime := time.Since(begin) < first
	for _, h := range hs {
		wantTimeout(t, nettest.Finish(t, h), "read")
	}
	if took := time.Since(begin); inTime && took < third {
		t.Errorf("the deadline came after %v", took)
	}
}

// A script is a future whose steps say, one after the other, when they are done and what is wrong. It is polled
// again when something that it waits for wakes it.
type script struct {
	steps []func(cx *core.Context) (done bool, wrong string)
}

func (f *script) Poll(cx *core.Context) (string, bool) {
	for len(f.steps) > 0 {
		done, wrong := f.steps[0](cx)
		if wrong != "" {
			return wrong, true
		}
		if !done {
			return "", false
		}
		f.steps = f.steps[1:]
	}
	return "", true
}

func (f *script) run(t *testing.T, rt *executor.Runtime) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), nettest.Timeout)
	defer cancel()
	wrong, err := executor.BlockOn[string](ctx, rt, f)
	if wrong != "" || err != nil {
		t.Error(wrong, err)
	}
}

// as calls poll with w as the waker.
func as(cx *core.Context, w *signal, poll func()) {
	w.in(cx)
	old := cx.SwapWaker(w)
	poll()
	cx.SwapWaker(old)
}

// The waiter that is woken to set the alarm leaves: another one is woken in its place.
func TestANewDeadlineIsNotLostWithTheOneThatIsWoken(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, _ := connect(t, rt)
	var a, b signal
	read := func(cx *core.Context, w *signal) (ready bool, err error) {
		as(cx, w, func() { _, ready, err = s.PollRead(cx, make([]byte, 1)) })
		return ready, err
	}
	f := &script{steps: []func(cx *core.Context) (bool, string){
		func(cx *core.Context) (bool, string) {
			first, _ := read(cx, &a)
			second, _ := read(cx, &b)
			if first || second {
				return false, "there is something to read"
			}
			s.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
			if a.n.Load() != 1 || b.n.Load() != 0 {
				return false, "one of two is to be woken"
			}
			s.Unwait(&a, reactor.Read)
			if b.n.Load() != 1 {
				return false, "the new deadline is lost"
			}
			if ready, err := read(cx, &b); ready {
				return false, "the deadline is over at once: " + err.Error()
			}
			return true, ""
		},
		func(cx *core.Context) (bool, string) {
			if b.n.Load() < 2 {
				return false, ""
			}
			if ready, err := read(cx, &b); !ready || err == nil {
				return false, "the deadline has woken the waiter, and is not over"
			}
			return true, ""
		},
	}}
	f.run(t, rt)
}

// The same where the one that is woken finds the deadline over: it is over for the other one too.
func TestTheOneThatFindsTheDeadlineOverWakesTheOthers(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, _ := connect(t, rt)
	var a, b signal
	f := &script{steps: []func(cx *core.Context) (bool, string){func(cx *core.Context) (bool, string) {
		var ready bool
		var err error
		read := func() { _, ready, err = s.PollRead(cx, make([]byte, 1)) }
		as(cx, &a, read)
		as(cx, &b, read)
		s.SetReadDeadline(time.Now().Add(time.Millisecond))
		for !ready { // without giving the alarm a chance to ring
			as(cx, &a, read)
		}
		if !os.IsTimeout(err) {
			return false, "it ended otherwise: " + err.Error()
		}
		if b.n.Load() == 0 {
			return false, "the other one is not woken"
		}
		return true, ""
	}}}
	f.run(t, rt)
}

// The same in direct style: whichever is aborted, the others get their deadline.
func TestAnAbortedReaderLeavesANewDeadlineToOthers(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, _ := connect(t, rt)
	read := func(co *coro.Co) error { _, err := s.Read(co, make([]byte, 1)); return err }
	for i := range rounds() {
		s.SetReadDeadline(time.Time{})
		if i%2 == 0 {
			s.SetReadDeadline(time.Now().Add(long))
		}
		hs := []nettest.Handle{executor.Do(rt, read), executor.Do(rt, read), executor.Do(rt, read)}
		if i%8 == 0 {
			nettest.Settle(rt)
		}
		s.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
		hs[0].Abort()
		nettest.Finish(t, hs[0])
		wantTimeout(t, nettest.Finish(t, hs[1]), "read")
		wantTimeout(t, nettest.Finish(t, hs[2]), "read")
	}
}

// An acceptor whose task was polled for another reason, and got a connection, is not woken instead of one that waits.
func TestAnAcceptorThatIsDoneIsNotInLine(t *testing.T) {
	rt := nettest.NewRuntime(t)
	l := listen(t)
	var a, b, c signal
	accept := func(cx *core.Context, w *signal) (got bool) {
		as(cx, w, func() {
			if s, ok, _ := l.PollAccept(cx); ok {
				s.Close()
				got = true
			}
		})
		return got
	}
	var before int32
	dial := func() string {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			return err.Error()
		}
		t.Cleanup(func() { conn.Close() })
		return ""
	}
	f := &script{steps: []func(cx *core.Context) (bool, string){
		func(cx *core.Context) (bool, string) {
			if accept(cx, &a) || accept(cx, &b) || accept(cx, &c) {
				return false, "accepted before there was anything"
			}
			return true, dial()
		},
		func(cx *core.Context) (bool, string) {
			if a.n.Load() == 0 {
				return false, ""
			}
			if !accept(cx, &c) {
				return false, "nothing to accept"
			}
			if accept(cx, &a) || accept(cx, &b) {
				return false, "one connection was accepted twice"
			}
			before = a.n.Load() + b.n.Load()
			return true, dial()
		},
		func(cx *core.Context) (bool, string) {
			if a.n.Load()+b.n.Load() == before {
				return false, ""
			}
			if !accept(cx, &a) {
				return false, "nothing to accept"
			}
			return true, ""
		},
	}}
	f.run(t, rt)
}
