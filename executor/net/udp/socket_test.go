package udp_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/internal/modetest"
	"github.com/moduvex/moduvex-go/executor/net/udp"
	"github.com/moduvex/moduvex-go/reactor"
)

// pollEcho sends back what it gets, in poll style, until it gets "end".
type pollEcho struct {
	s    *udp.Socket
	buf  []byte
	out  []byte // received, and not yet sent; nil for nothing
	from netip.AddrPort
}

func (e *pollEcho) Poll(cx *core.Context) (error, bool) {
	for {
		if e.out != nil {
			if _, ready, err := e.s.PollWriteTo(cx, e.out, e.from); !ready || err != nil {
				return err, ready
			}
			if string(e.out) == "end" {
				return nil, true
			}
			e.out = nil
		}
		n, from, ready, err := e.s.PollReadFrom(cx, e.buf)
		if !ready || err != nil {
			return err, ready
		}
		e.out, e.from = e.buf[:n], from
	}
}

func (e *pollEcho) Drop() { e.s.Close() }

func directEcho(co *coro.Co, s *udp.Socket) error {
	buf := make([]byte, 1<<16)
	for {
		n, from, err := s.ReadFrom(co, buf)
		if err != nil {
			return err
		}
		if _, err := s.WriteTo(co, buf[:n], from); err != nil {
			return err
		}
		if string(buf[:n]) == "end" {
			return nil
		}
	}
}

func TestEcho(t *testing.T) {
	for _, style := range []string{"direct", "poll"} {
		t.Run(style, func(t *testing.T) {
			rt := newRuntime(t)
			s, c := bind(t), stranger(t)
			var h handle
			if style == "direct" {
				h = start(rt, func(co *coro.Co) error { return directEcho(co, s) })
			} else {
				p := executor.Spawn[error](rt, &pollEcho{s: s, buf: make([]byte, 1<<16)})
				h = start(rt, func(co *coro.Co) error {
					err, jerr := p.Join(co)
					return errors.Join(err, jerr)
				})
			}
			buf := make([]byte, 1<<16)
			for _, size := range []int{1, 0, 1472, 65507, 3} {
				msg := make([]byte, size)
				if size == 3 {
					copy(msg, "end")
				}
				c.WriteToUDPAddrPort(msg, s.LocalAddrPort())
				n, from, err := c.ReadFromUDPAddrPort(buf)
				if err != nil || n != size || from != s.LocalAddrPort() {
					t.Fatalf("%d bytes came back as %d from %v, %v", size, n, from, err)
				}
			}
			if err := finish(t, h); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestEmptyDatagramIsNoEnd(t *testing.T) {
	rt := newRuntime(t)
	a, b := pair(t)
	do(t, rt, func(co *coro.Co) error {
		for _, msg := range [][]byte{nil, {}, []byte("x"), {}} {
			if n, err := a.Write(co, msg); n != len(msg) || err != nil {
				return fmt.Errorf("wrote %d, %w", n, err)
			}
		}
		for _, size := range []int{0, 0, 1, 0} {
			if n, err := b.Read(co, make([]byte, 10)); n != size || err != nil {
				return fmt.Errorf("read %d, %w, want %d", n, err, size)
			}
		}
		if _, ok, err := b.TryRead(make([]byte, 10)); ok || err != nil {
			return fmt.Errorf("one more: %v, %w", ok, err)
		}
		// A buffer of no length receives like any other.
		a.Write(co, nil)
		a.Write(co, []byte("x"))
		if n, err := b.Read(co, nil); n != 0 || err != nil {
			return fmt.Errorf("read %d, %w", n, err)
		}
		if n, err := b.Read(co, nil); n != 0 || !errors.Is(err, io.ErrShortBuffer) {
			return fmt.Errorf("read %d, %w", n, err)
		}
		return nil
	})
}

func TestTruncationIsReported(t *testing.T) {
	rt := newRuntime(t)
	a, b := pair(t)
	do(t, rt, func(co *coro.Co) error {
		buf := make([]byte, 4)
		check := func(name string, n int, from netip.AddrPort, err error) {
			wantIs(t, err, "read", io.ErrShortBuffer)
			if string(buf[:n]) != "long" || from != a.LocalAddrPort() {
				t.Errorf("%s: got %q from %v", name, buf[:n], from)
			}
			clear(buf)
		}
		a.Write(co, []byte("longer"))
		n, from, err := b.PeekFrom(co, buf)
		check("peek", n, from, err)
		n, from, err = b.ReadFrom(co, buf)
		check("read", n, from, err)
		a.Write(co, []byte("longer"))
		n, from, ok, err := b.TryReadFrom(buf)
		if !ok {
			t.Error("nothing to try")
		}
		check("try", n, from, err)
		a.Write(co, []byte("long")) // which just fits
		if n, err := b.Read(co, buf); n != 4 || err != nil {
			return fmt.Errorf("read %d, %w", n, err)
		}
		return nil
	})
}

func TestPeekLeavesDatagram(t *testing.T) {
	rt := newRuntime(t)
	a, b := pair(t)
	do(t, rt, func(co *coro.Co) error {
		buf := make([]byte, 10)
		if _, _, ok, err := b.TryPeekFrom(buf); ok || err != nil {
			t.Errorf("peeked at nothing: %v, %v", ok, err)
		}
		h := executor.Go(co, func(co *coro.Co) (string, error) {
			buf := make([]byte, 10)
			n, _, err := b.PeekFrom(co, buf) // waits
			return string(buf[:n]), err
		})
		co.Yield()
		a.Write(co, []byte("one"))
		a.Write(co, []byte("two"))
		if text, err := h.Join(co); text != "one" || err != nil {
			t.Errorf("peeked at %q, %v", text, err)
		}
		for range 3 {
			n, from, ok, err := b.TryPeekFrom(buf)
			if string(buf[:n]) != "one" || from != a.LocalAddrPort() || !ok || err != nil {
				t.Errorf("peeked at %q from %v, %v, %v", buf[:n], from, ok, err)
			}
		}
		for _, text := range []string{"one", "two"} {
			if _, err := want(co, b, text); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestTryDoesNotWait(t *testing.T) {
	a, b := pair(t)
	buf := make([]byte, 10)
	if _, ok, err := b.TryRead(buf); ok || err != nil {
		t.Errorf("read nothing: %v, %v", ok, err)
	}
	if n, ok, err := a.TryWrite([]byte("x")); n != 1 || !ok || err != nil {
		t.Errorf("write: %d, %v, %v", n, ok, err)
	}
	if n, ok, err := b.TryRead(buf); n != 1 || !ok || err != nil {
		t.Errorf("read: %d, %v, %v", n, ok, err)
	}
	c := bind(t)
	if n, ok, err := c.TryWriteTo([]byte("yz"), a.LocalAddrPort()); n != 2 || !ok || err != nil {
		t.Errorf("write: %d, %v, %v", n, ok, err)
	}
	b.Close()
	_, ok, err := b.TryRead(buf)
	wantIs(t, err, "read", net.ErrClosed)
	if !ok {
		t.Error("a closed socket is worth waiting for")
	}
	_, _, err = b.TryWrite(buf)
	wantIs(t, err, "write", net.ErrClosed)
	_, _, err = b.TryWriteTo(buf, a.LocalAddrPort())
	wantIs(t, err, "write", net.ErrClosed)
}

// A try that finds nothing takes readiness back: the read after it must wait for what comes later.
func TestReadAfterTryThatFoundNothing(t *testing.T) {
	rt := newRuntime(t)
	a, b := pair(t)
	read := func() handle {
		return start(rt, func(co *coro.Co) error { _, err := want(co, b, "x"); return err })
	}
	h := read()
	for range 20 {
		settle(rt)
		a.TryWrite([]byte("x"))
		if err := finish(t, h); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := b.TryRead(make([]byte, 1)); ok || err != nil {
			t.Fatalf("read twice: %v, %v", ok, err)
		}
		h = read()
		if testing.Short() {
			break
		}
	}
	a.TryWrite([]byte("x"))
	if err := finish(t, h); err != nil {
		t.Fatal(err)
	}
}

// Regression: of two tasks in recv_from one hung.
func TestSeveralTasksReadOneSocket(t *testing.T) {
	rt := newRuntime(t)
	a, b := pair(t)
	const readers = 20
	var got atomic.Int32
	var hs []handle
	for range readers {
		hs = append(hs, start(rt, func(co *coro.Co) error {
			_, err := want(co, b, "x")
			got.Add(1)
			return err
		}))
	}
	settle(rt)
	for range readers {
		a.TryWrite([]byte("x"))
	}
	for _, h := range hs {
		if err := finish(t, h); err != nil {
			t.Error(err)
		}
	}
}

// Regression: readable and writable replaced each other's interest.
func TestReadWaitsBesideWrites(t *testing.T) {
	rt := newRuntime(t)
	a, b := pair(t)
	r := start(rt, func(co *coro.Co) error { _, err := want(co, b, "x"); return err })
	settle(rt)
	do(t, rt, func(co *coro.Co) error {
		for range 100 {
			if err := b.WaitWritable(co); err != nil {
				return err
			}
			if _, err := b.Write(co, []byte("y")); err != nil {
				return err
			}
			if _, err := want(co, a, "y"); err != nil {
				return err
			}
		}
		_, err := a.Write(co, []byte("x"))
		return err
	})
	if err := finish(t, r); err != nil {
		t.Error(err)
	}
}

// Regression: any second poll of readable reported ready.
func TestReadableOnlyWhileThereIsSomething(t *testing.T) {
	rt := newRuntime(t)
	a, b := pair(t)
	var ready atomic.Int32
	h := start(rt, func(co *coro.Co) error {
		for range 3 {
			if err := b.WaitReadable(co); err != nil {
				return err
			}
			ready.Add(1)
			for ok := true; ok; {
				var err error
				if _, ok, err = b.TryRead(make([]byte, 10)); err != nil {
					return err
				}
			}
		}
		return nil
	})
	for i := range int32(3) {
		settle(rt)
		if got := ready.Load(); got != i {
			t.Fatalf("readable %d times after %d datagrams", got, i)
		}
		a.TryWrite([]byte("ab"))
	}
	if err := finish(t, h); err != nil {
		t.Error(err)
	}
}

// An ICMP error comes once, wakes who waits, and the socket is as good as before.
func TestRefusalDoesNotKillTheSocket(t *testing.T) {
	rt := newRuntime(t)
	a, b := pair(t)
	there := b.LocalAddrPort()
	b.Close()
	read := start(rt, func(co *coro.Co) error {
		_, err := a.Read(co, make([]byte, 10))
		wantIs(t, err, "read", syscall.ECONNREFUSED)
		var oe *net.OpError
		if errors.As(err, &oe) && (oe.Addr.String() != there.String() || oe.Source.String() != a.LocalAddr().String()) {
			t.Errorf("the error is of %v and %v", oe.Source, oe.Addr)
		}
		return nil
	})
	settle(rt)
	do(t, rt, func(co *coro.Co) error {
		_, err := a.Write(co, []byte("anybody?"))
		return err
	})
	if err := finish(t, read); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := a.TryRead(make([]byte, 10)); ok || err != nil {
		t.Errorf("it came twice: %v, %v", ok, err)
	}

	// A write may be the one to get it.
	do(t, rt, func(co *coro.Co) error {
		if _, err := a.Write(co, []byte("anybody?")); err != nil {
			return err
		}
		if err := a.WaitReadable(co); err != nil {
			return err
		}
		_, err := a.Write(co, []byte("not sent"))
		wantIs(t, err, "write", syscall.ECONNREFUSED)
		return nil
	})

	again, err := udp.Bind(there)
	if err != nil {
		t.Skip(err) // somebody else has taken the port
	}
	defer again.Close()
	do(t, rt, func(co *coro.Co) error {
		h := executor.Go(co, func(co *coro.Co) (netip.AddrPort, error) { return want(co, a, "here again") })
		if _, err := a.Write(co, []byte("anybody?")); err != nil {
			return err
		}
		if _, err := want(co, again, "anybody?"); err != nil {
			return err
		}
		if _, err := again.WriteTo(co, []byte("here again"), a.LocalAddrPort()); err != nil {
			return err
		}
		_, err := h.Join(co)
		return err
	})
}

func TestConnectFiltersAndMoves(t *testing.T) {
	rt := newRuntime(t)
	s, a, b := bind(t), bind(t), bind(t)
	do(t, rt, func(co *coro.Co) error {
		if s.RemoteAddrPort().IsValid() {
			t.Error("connected to", s.RemoteAddrPort())
		}
		_, err := s.Write(co, []byte("where to?"))
		wantIs(t, err, "write", syscall.EDESTADDRREQ)
		for _, peer := range []*udp.Socket{a, b} {
			if err := s.Connect(peer.LocalAddrPort()); err != nil {
				return err
			}
			if s.RemoteAddrPort() != peer.LocalAddrPort() || s.RemoteAddr().String() != peer.LocalAddr().String() {
				t.Errorf("connected to %v", s.RemoteAddr())
			}
			other := a
			if peer == a {
				other = b
			}
			if _, err := other.WriteTo(co, []byte("other"), s.LocalAddrPort()); err != nil {
				return err
			}
			if _, err := peer.WriteTo(co, []byte("peer"), s.LocalAddrPort()); err != nil {
				return err
			}
			if from, err := want(co, s, "peer"); err != nil || from != peer.LocalAddrPort() {
				return fmt.Errorf("from %v, %w", from, err)
			}
			if _, err := s.Write(co, []byte("hello")); err != nil {
				return err
			}
			if from, err := want(co, peer, "hello"); err != nil || from != s.LocalAddrPort() {
				return fmt.Errorf("from %v, %w", from, err)
			}
		}
		return nil
	})
}

func TestTooLongDatagramIsAnError(t *testing.T) {
	rt := newRuntime(t)
	a, b := pair(t)
	do(t, rt, func(co *coro.Co) error {
		n, err := a.Write(co, make([]byte, 1<<16))
		wantIs(t, err, "write", syscall.EMSGSIZE)
		if n != 0 {
			t.Errorf("%d bytes were written", n)
		}
		a.Write(co, []byte("x"))
		_, err = want(co, b, "x")
		return err
	})
}

func TestBadAddresses(t *testing.T) {
	rt := newRuntime(t)
	s := bind(t)
	do(t, rt, func(co *coro.Co) error {
		for _, to := range []netip.AddrPort{{}, netip.MustParseAddrPort("[::1]:1")} {
			var ae *net.AddrError
			if _, err := s.WriteTo(co, []byte("x"), to); !errors.As(err, &ae) {
				t.Errorf("write to %v: %v", to, err)
			}
			if _, _, err := s.TryWriteTo([]byte("x"), to); !errors.As(err, &ae) {
				t.Errorf("try to %v: %v", to, err)
			}
			if err := s.Connect(to); !errors.As(err, &ae) {
				t.Errorf("connect to %v: %v", to, err)
			}
		}
		return nil
	})
	if c, err := udp.Connect(netip.AddrPort{}); err == nil {
		c.Close()
		t.Error("connected to nothing")
	}
	if c, err := udp.Bind(netip.AddrPort{}); err == nil {
		c.Close()
		t.Error("bound to nothing")
	}
	for _, network := range []string{"", "tcp", "udp5"} {
		var ne net.UnknownNetworkError
		if c, err := udp.Listen(network, "127.0.0.1:0"); !errors.As(err, &ne) {
			c.Close()
			t.Errorf("listen on %q: %v", network, err)
		}
	}
	taken, err := udp.Bind(s.LocalAddrPort())
	if err == nil {
		taken.Close()
	}
	wantIs(t, err, "listen", syscall.EADDRINUSE)
}

func TestBudgetMakesReaderYield(t *testing.T) {
	rt := newRuntime(t)
	a, b := pair(t)
	do(t, rt, func(co *coro.Co) error {
		const datagrams = 2 * core.DefaultBudget
		var other atomic.Bool
		executor.Go(co, func(*coro.Co) (struct{}, error) { other.Store(true); return struct{}{}, nil })
		for i := range datagrams {
			if _, err := a.Write(co, []byte("x")); err != nil {
				return err
			}
			if _, err := want(co, b, "x"); err != nil {
				return err
			}
			if i > core.DefaultBudget && !other.Load() && !modetest.Stealing() { // stolen, it may take its time
				return errors.New("nobody else has had a turn")
			}
		}
		return nil
	})
}

func TestNoReactorIsAnError(t *testing.T) {
	s := bind(t)
	host := coretest.New(1)
	defer host.Close()
	cx := host.Context()
	cx.ForHost().Begin(core.WakerFunc(func() {}))
	_, _, ready, err := s.PollReadFrom(cx, make([]byte, 1))
	if !ready {
		t.Fatal("pending for ever")
	}
	wantIs(t, err, "read", errors.ErrUnsupported)
	_, ready, err = s.PollReadBatch(cx, make([]udp.Message, 1))
	if !ready {
		t.Fatal("pending for ever")
	}
	wantIs(t, err, "read", errors.ErrUnsupported)
}

func TestSocketOutlivesItsRuntime(t *testing.T) {
	rt, first := newRuntime(t), newRuntime(t)
	a, b := pair(t)
	read := func(co *coro.Co) error { _, err := want(co, b, "x"); return err }
	h := start(first, read)
	settle(first)
	first.Close()
	finish(t, h)
	second := start(rt, read)
	settle(rt)
	a.TryWrite([]byte("x"))
	if err := finish(t, second); err != nil {
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
	rt := newRuntime(t)
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
		h := start(rt, func(co *coro.Co) error { got = op(co); return got })
		settle(rt)
		h.Abort()
		p.Abort()
		if err := finish(t, h); !errors.Is(err, core.ErrCancelled) {
			t.Errorf("%s: the join says %v", name, err)
		}
		wantIs(t, got, "read", core.ErrCancelled)
		settle(rt)
		if n := b.Waiters(reactor.Read); n != 0 {
			t.Errorf("%s: %d waiters are left", name, n)
		}
	}
}

func TestCloseEndsWhatWaits(t *testing.T) {
	rt := newRuntime(t)
	a, b := pair(t)
	var hs []handle
	for range 5 {
		hs = append(hs, start(rt, func(co *coro.Co) error { _, err := b.Read(co, make([]byte, 1)); return err }))
	}
	settle(rt)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	for _, h := range hs {
		wantIs(t, finish(t, h), "read", net.ErrClosed)
	}
	wantIs(t, b.Close(), "close", net.ErrClosed)
	do(t, rt, func(co *coro.Co) error {
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
	rt := newRuntime(t)
	for range 100 {
		s, err := udp.Bind(local)
		if err != nil {
			t.Fatal(err)
		}
		h := start(rt, func(co *coro.Co) error { _, err := s.Read(co, make([]byte, 1)); return err })
		s.Close()
		wantIs(t, finish(t, h), "read", net.ErrClosed)
	}
}
