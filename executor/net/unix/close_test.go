package unix_test

import (
	"errors"
	"net"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/unix"
	"github.com/moduvex/moduvex-go/reactor"
)

func TestCloseEndsWhatWaits(t *testing.T) {
	rt := nettest.NewRuntime(t)
	a, b := streams(t)
	var hs []nettest.Handle
	for range 5 {
		hs = append(hs, executor.Do(rt, func(co *coro.Co) error { _, err := b.Read(co, make([]byte, 1)); return err }))
	}
	w := executor.Do(rt, func(co *coro.Co) error { _, err := b.Write(co, make([]byte, 5<<20)); return err })
	nettest.Settle(rt)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	for _, h := range hs {
		wantIs(t, nettest.Finish(t, h), "read", net.ErrClosed)
	}
	wantIs(t, nettest.Finish(t, w), "write", net.ErrClosed)
	wantIs(t, b.Close(), "close", net.ErrClosed)
	wantIs(t, b.SetDeadline(time.Now()), "set", net.ErrClosed)
	_, err := b.PeerCredentials()
	wantIs(t, err, "get", net.ErrClosed)
	if _, err := b.SyscallConn(); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	a.Close()
}

// reading is a future that waits to read from a stream it does not own.
type reading struct {
	s *unix.Stream
	w core.Waker
}

func (r *reading) Poll(cx *core.Context) (struct{}, bool) {
	r.w = cx.Waker()
	_, _, ready, _ := r.s.PollReadMsg(cx, make([]byte, 1), nil)
	return struct{}{}, ready
}

func (r *reading) Drop() { r.s.Unwait(r.w, reactor.Read) }

func TestAbortLeavesNoWaiter(t *testing.T) {
	rt := nettest.NewRuntime(t)
	_, b := streams(t)
	p := executor.Spawn[struct{}](rt, &reading{s: b})
	for _, op := range []func(co *coro.Co) error{
		func(co *coro.Co) error { _, err := b.Read(co, make([]byte, 1)); return err },
		func(co *coro.Co) error { _, _, err := b.ReadMsg(co, make([]byte, 1), nil); return err },
		func(co *coro.Co) error { return b.WaitReadable(co) },
	} {
		var got error
		h := executor.Do(rt, func(co *coro.Co) error { got = op(co); return got })
		nettest.Settle(rt)
		h.Abort()
		p.Abort()
		nettest.Finish(t, h)
		wantIs(t, got, "read", core.ErrCancelled)
		nettest.Settle(rt)
		if n := b.TakeWaiters(reactor.Read); n != 0 {
			t.Errorf("%d waiters are left", n)
		}
	}
}

func TestStreamOutlivesItsRuntime(t *testing.T) {
	rt, first := nettest.NewRuntime(t), nettest.NewRuntime(t)
	a, b := streams(t)
	h := executor.Do(first, func(co *coro.Co) error { return want(co, b, "x") })
	nettest.Settle(first)
	first.Close()
	nettest.Finish(t, h)
	second := executor.Do(rt, func(co *coro.Co) error { return want(co, b, "x") })
	nettest.Settle(rt)
	nettest.Do(t, rt, func(co *coro.Co) error { _, err := a.Write(co, []byte("x")); return err })
	if err := nettest.Finish(t, second); err != nil {
		t.Error(err)
	}
}
