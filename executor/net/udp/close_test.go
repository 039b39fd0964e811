package udp_test

import (
	"errors"
	"net"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/udp"
	"github.com/moduvex/moduvex-go/reactor"
)

func TestSocketOutlivesItsRuntime(t *testing.T) {
	rt, first := nettest.NewRuntime(t), nettest.NewRuntime(t)
	a, b := pair(t)
	read := func(co *coro.Co) error { _, err := want(co, b, "x"); return err }
	h := executor.Do(first, read)
	nettest.Settle(first)
	first.Close()
	nettest.Finish(t, h)
	second := executor.Do(rt, read)
	nettest.Settle(rt)
	a.TryWrite([]byte("x"))
	if err := nettest.Finish(t, second); err != nil {
		t.Error(err)
	}
}

// reading is a future that waits to read from a socket it does not own.
type reading struct {
	s *udp.Socket
	w core.Waker
}

func (r *reading) Poll(cx *core.Context) (struct{}, bool) {
	r.w = cx.Waker()
	_, ready, _ := r.s.PollRead(cx, make([]byte, 1))
	return struct{}{}, ready
}

func (r *reading) Drop() { r.s.Unwait(r.w, reactor.Read) }

func TestAbortLeavesNoWaiter(t *testing.T) {
	rt := nettest.NewRuntime(t)
	_, b := pair(t)
	b.SetDeadline(time.Now().Add(time.Hour))
	p := executor.Spawn[struct{}](rt, &reading{s: b})
	for name, op := range map[string]func(co *coro.Co) error{
		"read":  func(co *coro.Co) error { _, err := b.Read(co, make([]byte, 1)); return err },
		"peek":  func(co *coro.Co) error { _, _, err := b.PeekFrom(co, make([]byte, 1)); return err },
		"wait":  func(co *coro.Co) error { return b.WaitReadable(co) },
		"batch": func(co *coro.Co) error { _, err := b.ReadBatch(co, make([]udp.Message, 3)); return err },
	} {
		var got error
		h := executor.Do(rt, func(co *coro.Co) error { got = op(co); return got })
		nettest.Settle(rt)
		h.Abort()
		p.Abort()
		if err := nettest.Finish(t, h); !errors.Is(err, core.ErrCancelled) {
			t.Errorf("%s: the join says %v", name, err)
		}
		wantIs(t, got, "read", core.ErrCancelled)
		nettest.Settle(rt)
		if n := b.TakeWaiters(reactor.Read); n != 0 {
			t.Errorf("%s: %d waiters are left", name, n)
		}
	}
}

func TestCloseEndsWhatWaits(t *testing.T) {
	rt := nettest.NewRuntime(t)
	a, b := pair(t)
	var hs []nettest.Handle
	for range 5 {
		hs = append(hs, executor.Do(rt, func(co *coro.Co) error { _, err := b.Read(co, make([]byte, 1)); return err }))
	}
	nettest.Settle(rt)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	for _, h := range hs {
		wantIs(t, nettest.Finish(t, h), "read", net.ErrClosed)
	}
	wantIs(t, b.Close(), "close", net.ErrClosed)
	nettest.Do(t, rt, func(co *coro.Co) error {
		_, err := b.Read(co, make([]byte, 1))
		wantIs(t, err, "read", net.ErrClosed)
		_, err = b.Write(co, make([]byte, 1))
		wantIs(t, err, "write", net.ErrClosed)
		_, err = b.WriteTo(co, make([]byte, 1), a.LocalAddrPort())
		wantIs(t, err, "write", net.ErrClosed)
		_, err = b.ReadBatch(co, nil)
		wantIs(t, err, "read", net.ErrClosed)
		_, err = b.WriteBatch(co, nil)
		wantIs(t, err, "write", net.ErrClosed)
		wantIs(t, b.WaitReadable(co), "read", net.ErrClosed)
		wantIs(t, b.Connect(a.LocalAddrPort()), "connect", net.ErrClosed)
		wantIs(t, b.SetTTL(3), "set", net.ErrClosed)
		wantIs(t, b.SetDeadline(time.Now()), "set", net.ErrClosed)
		if _, err := b.SyscallConn(); !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
		if got := b.LocalAddr().String(); got != ":0" {
			t.Errorf("the address of a closed socket is %s", got)
		}
		return nil
	})
}

// Close may come between any two steps of a read that begins.
func TestCloseRacesWithRead(t *testing.T) {
	rt := nettest.NewRuntime(t)
	for range 100 {
		s, err := udp.Bind(local)
		if err != nil {
			t.Fatal(err)
		}
		h := executor.Do(rt, func(co *coro.Co) error { _, err := s.Read(co, make([]byte, 1)); return err })
		s.Close()
		wantIs(t, nettest.Finish(t, h), "read", net.ErrClosed)
	}
}
