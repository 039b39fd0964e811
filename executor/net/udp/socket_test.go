package udp_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"syscall"
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/udp"
)

func TestEmptyDatagramIsNoEnd(t *testing.T) {
	rt := nettest.NewRuntime(t)
	a, b := pair(t)
	nettest.Do(t, rt, func(co *coro.Co) error {
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
	rt := nettest.NewRuntime(t)
	a, b := pair(t)
	nettest.Do(t, rt, func(co *coro.Co) error {
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
	rt := nettest.NewRuntime(t)
	a, b := pair(t)
	nettest.Do(t, rt, func(co *coro.Co) error {
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

// An ICMP error is reported once and wakes the waiter, and then the socket works as before.
func TestRefusalDoesNotKillTheSocket(t *testing.T) {
	rt := nettest.NewRuntime(t)
	a, b := pair(t)
	there := b.LocalAddrPort()
	b.Close()
	read := executor.Do(rt, func(co *coro.Co) error {
		_, err := a.Read(co, make([]byte, 10))
		wantIs(t, err, "read", syscall.ECONNREFUSED)
		var oe *net.OpError
		if errors.As(err, &oe) && (oe.Addr.String() != there.String() || oe.Source.String() != a.LocalAddr().String()) {
			t.Errorf("the error is of %v and %v", oe.Source, oe.Addr)
		}
		return nil
	})
	nettest.Settle(rt)
	nettest.Do(t, rt, func(co *coro.Co) error {
		_, err := a.Write(co, []byte("anybody?"))
		return err
	})
	if err := nettest.Finish(t, read); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := a.TryRead(make([]byte, 10)); ok || err != nil {
		t.Errorf("it came twice: %v, %v", ok, err)
	}

	// A write may be the one to get it.
	nettest.Do(t, rt, func(co *coro.Co) error {
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
		t.Skip(err) // another process has taken the port
	}
	defer again.Close()
	nettest.Do(t, rt, func(co *coro.Co) error {
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
	rt := nettest.NewRuntime(t)
	s, a, b := bind(t), bind(t), bind(t)
	nettest.Do(t, rt, func(co *coro.Co) error {
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
	rt := nettest.NewRuntime(t)
	a, b := pair(t)
	nettest.Do(t, rt, func(co *coro.Co) error {
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
	rt := nettest.NewRuntime(t)
	s := bind(t)
	nettest.Do(t, rt, func(co *coro.Co) error {
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
