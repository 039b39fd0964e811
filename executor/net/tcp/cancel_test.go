package tcp_test

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"github.com/moduvex/moduvex-go/reactor"
)

func TestAbortEndsWaitAndLeavesNothing(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, _ := connect(t, rt)
	s.SetWriteBuffer(16 << 10)
	s.SetDeadline(time.Now().Add(time.Hour))
	for _, op := range []struct {
		name string
		d    reactor.Direction
		f    func(co *coro.Co) error
	}{
		{"read", reactor.Read, func(co *coro.Co) error { _, err := s.Read(co, make([]byte, 1)); return err }},
		{"write", reactor.Write, func(co *coro.Co) error { _, err := s.Write(co, make([]byte, 8<<20)); return err }},
		{"read", reactor.Read, func(co *coro.Co) error { return s.WaitReadable(co) }},
	} {
		var got error
		h := executor.Do(rt, func(co *coro.Co) error {
			got = op.f(co)
			return got
		})
		nettest.Settle(rt)
		h.Abort()
		if err := nettest.Finish(t, h); !errors.Is(err, core.ErrCancelled) {
			t.Errorf("%s: the join says %v", op.name, err)
		}
		wantIs(t, got, op.name, core.ErrCancelled)
		if n := s.TakeWaiters(op.d); n != 0 {
			t.Errorf("%s: %d waiters are left", op.name, n)
		}
	}
}

// A body that is unwound by force, and waits in its clean-up behind a shield that no longer holds, is unwound
// by force again, in the middle of its wait.
func TestForcedUnwindingLeavesNoWaiter(t *testing.T) {
	rt, other := nettest.NewRuntime(t), nettest.NewRuntime(t)
	s, _ := connect(t, rt)
	read := func(co *coro.Co) error { _, err := s.Read(co, make([]byte, 1)); return err }
	first := executor.Do(other, read) // so that the registration is one that lives on
	nettest.Settle(other)
	first.Abort()
	nettest.Finish(t, first)
	h := executor.Do(rt, func(co *coro.Co) error {
		defer func() {
			err := coro.Shield(co, read)
			t.Error("not unwound by force:", err)
		}()
		for {
			if read(co) == nil {
				t.Error("read nothing without an error")
			}
		}
	})
	nettest.Settle(rt)
	h.Abort()
	nettest.Settle(rt)
	if h.Finished() {
		t.Fatal("it did not wait behind its shield")
	}
	rt.Close()
	if err := nettest.Finish(t, h); !errors.Is(err, core.ErrCancelled) {
		t.Error(err)
	}
	if n := s.TakeWaiters(reactor.Read); n != 0 {
		t.Errorf("%d waiters are left", n)
	}
}

func TestScopeEndsRead(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, c := connect(t, rt)
	cause := errors.New("changed my mind")
	nettest.Do(t, rt, func(co *coro.Co) error {
		err := coro.WithTimeout(co, 20*time.Millisecond, func(co *coro.Co) error {
			_, err := s.Read(co, make([]byte, 1))
			return err
		})
		wantIs(t, err, "read", core.ErrDeadlineExceeded)
		wantIs(t, err, "read", os.ErrDeadlineExceeded)
		var ne net.Error
		if !errors.As(err, &ne) || !ne.Timeout() {
			t.Errorf("%v is no timeout", err)
		}
		err = coro.WithCancel(co, func(co *coro.Co, cancel func(error)) error {
			time.AfterFunc(10*time.Millisecond, func() { cancel(cause) })
			_, err := s.Read(co, make([]byte, 1))
			return err
		})
		wantIs(t, err, "read", cause)
		c.Write([]byte("x")) // and the stream is as good as before
		_, err = s.Read(co, make([]byte, 1))
		return err
	})
}

func TestPollStyleUnwait(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, _ := connect(t, rt)
	h := executor.Spawn[struct{}](rt, &reading{s: s})
	nettest.Settle(rt)
	h.Abort()
	nettest.Finish(t, h)
	if n := s.TakeWaiters(reactor.Read); n != 0 {
		t.Errorf("%d waiters are left", n)
	}
}

// reading is a future that waits to read from a stream it does not own.
type reading struct {
	s *tcp.Stream
	w core.Waker
}

func (r *reading) Poll(cx *core.Context) (struct{}, bool) {
	r.w = cx.Waker()
	_, ready, _ := r.s.PollRead(cx, make([]byte, 1))
	return struct{}{}, ready
}

func (r *reading) Drop() { r.s.Unwait(r.w, reactor.Read) }

func TestNoReactorIsAnError(t *testing.T) {
	l, err := tcp.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	host := coretest.New(1)
	defer host.Close()
	cx := host.Context()
	cx.ForHost().Begin(core.WakerFunc(func() {}))
	_, ready, err := l.PollAccept(cx)
	if !ready {
		t.Fatal("pending for ever")
	}
	wantIs(t, err, "accept", errors.ErrUnsupported)
}

func TestStreamOutlivesItsRuntime(t *testing.T) {
	rt, first := nettest.NewRuntime(t), nettest.NewRuntime(t)
	s, c := connect(t, first)
	h := executor.Do(first, func(co *coro.Co) error { return s.WaitReadable(co) })
	nettest.Settle(first)
	if !s.Registered() {
		t.Fatal("not registered while a task waits")
	}
	first.Close()
	nettest.Finish(t, h)
	second := executor.Do(rt, func(co *coro.Co) error {
		_, err := s.Read(co, make([]byte, 1))
		return err
	})
	nettest.Settle(rt)
	c.Write([]byte("x"))
	if err := nettest.Finish(t, second); err != nil {
		t.Error(err)
	}
}
