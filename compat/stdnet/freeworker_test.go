package stdnet_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

// Inside a task a call that would have to wait is refused, and one that would not succeeds.
func TestFreeCallsThatWouldWaitAreRefusedInsideATask(t *testing.T) {
	rt := newRuntime(t, executor.Options{})
	s := freeSide(rt)
	c, peer := connected(t, s, s, "tcp")
	l, err := stdnet.Listen(rt, "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p, err := stdnet.ListenPacket(rt, "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()

	refused := func(what string, err error) {
		t.Helper()
		var oe *net.OpError
		if !errors.As(err, &oe) || !errors.Is(err, stdnet.ErrOnWorker) || !errors.Is(err, core.ErrNested) {
			t.Errorf("%s inside a task: %v", what, err)
		}
	}
	b := make([]byte, 8)
	do(t, rt, func(co *coro.Co) error {
		_, err := c.Read(b)
		refused("a read that waits", err)
		_, err = l.Accept()
		refused("an accept that waits", err)
		_, _, err = p.ReadFrom(b)
		refused("a receive that waits", err)
		_, err = (&stdnet.Dialer{Runtime: rt}).Dial("tcp", l.Addr().String())
		refused("a dial", err)
		n, err := peer.Write([]byte("hello"))
		if n != 5 || err != nil {
			t.Errorf("a write that need not wait: %d, %v", n, err)
		}
		return nil
	})
	do(t, rt, func(co *coro.Co) error { // the bytes are there, whether or not the reactor knows
		if n, err := c.Read(b); string(b[:n]) != "hello" || err != nil {
			t.Errorf("a read inside a task: %q, %v", b[:n], err)
		}
		return nil
	})
	do(t, rt, func(co *coro.Co) error {
		_, err := peer.Write(make([]byte, 16<<20))
		refused("a write of more than there is room for", err)
		return nil
	})
}

// A call that waits for the lock of another one's write would block the worker as well.
func TestFreeWriteBehindAnotherWriteIsRefusedInsideATask(t *testing.T) {
	rt := newRuntime(t, executor.Options{})
	s := freeSide(rt)
	c, _ := connected(t, s, s, "tcp")
	blocked := blockedWrites(c, 1) // of more than there is room for
	eventually(t, "the write has begun", func() bool { return stdnet.Writing(c) })
	do(t, rt, func(co *coro.Co) error {
		if _, err := c.Write([]byte("x")); !errors.Is(err, stdnet.ErrOnWorker) {
			t.Errorf("a write behind another one: %v", err)
		}
		return nil
	})
	c.Close()
	<-blocked[0]
}

// A goroutine that has waited before, and is known to be outside, does not make a body at another depth pass.
func TestFreeRefusesABodyAfterAGoroutine(t *testing.T) {
	rt := newRuntime(t, executor.Options{})
	s := freeSide(rt)
	c, peer := connected(t, s, s, "tcp")
	b := make([]byte, 1)
	busy := executor.Do(rt, func(co *coro.Co) error { // a worker polls, so that the check is made
		for co.Err() == nil {
			if err := co.Yield(); err != nil {
				return nil
			}
		}
		return nil
	})
	for range 20 {
		ended := waiting(func() error { _, err := c.Read(b); return err })
		peer.Write([]byte("x"))
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		do(t, rt, func(co *coro.Co) error {
			if _, err := c.Read(b); !errors.Is(err, stdnet.ErrOnWorker) {
				t.Errorf("a read inside a task: %v", err)
			}
			return nil
		})
	}
	busy.Abort()
	<-waitFor(busy)
}

func waitFor(h handle) <-chan error {
	ended := make(chan error, 1)
	go func() { _, err := h.Wait(context.Background()); ended <- err }()
	return ended
}

// The drain closes a listener that has accepted nothing yet, and one that waits; connections go on.
func TestFreeListenerClosesWhenItsRuntimeDrains(t *testing.T) {
	for _, waits := range []bool{false, true} {
		rt := newRuntime(t, executor.Options{})
		s := freeSide(rt)
		l, err := s.listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		c, peer := connected(t, s, s, "tcp")
		accepted := make(chan error, 1)
		if waits {
			go func() { _, err := l.Accept(); accepted <- err }()
		}
		drained := make(chan error, 1)
		hold := executor.Do(rt, func(co *coro.Co) error { // the drain lasts until the test has looked
			return coro.Sleep(co, time.Hour)
		})
		ctx, cancel := context.WithCancel(context.Background())
		go func() { drained <- rt.Shutdown(ctx) }()
		if waits {
			if err := <-accepted; !errors.Is(err, net.ErrClosed) {
				t.Errorf("an accept that waits: %v", err)
			}
		}
		eventually(t, "the port refuses connections", func() bool {
			c, err := net.Dial("tcp", l.Addr().String())
			if err == nil {
				c.Close()
			}
			return err != nil
		})
		if err := l.Close(); err != nil {
			t.Errorf("the first Close of the owner: %v", err)
		}
		if _, err := c.Write([]byte("x")); err != nil {
			t.Error(err)
		}
		if n, err := peer.Read(make([]byte, 1)); n != 1 || err != nil {
			t.Errorf("a connection while the runtime drains: %d, %v", n, err)
		}
		if _, err := stdnet.Listen(rt, "tcp", "127.0.0.1:0"); !errors.Is(err, core.ErrShutdown) {
			t.Errorf("Listen while the runtime drains: %v", err)
		}
		cancel()
		<-drained
		<-waitFor(hold)
	}
}

// A connection whose runtime has ended fails for good, where it would have to wait.
func TestFreeConnFailsAfterItsRuntimeWhereItWouldWait(t *testing.T) {
	rt := newRuntime(t, executor.Options{})
	s := freeSide(rt)
	c, peer := connected(t, s, netSide(), "tcp")
	p, err := s.packet("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	ended := waiting(func() error { _, err := c.Read(make([]byte, 1)); return err })
	if err := rt.Close(); err != nil {
		t.Fatal(err)
	}
	shut := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, core.ErrShutdown) || !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s: %v", what, err)
		}
	}
	shut("a read that waits", <-ended)
	_, err = c.Read(make([]byte, 1))
	shut("a later read", err)
	_, _, err = p.ReadFrom(make([]byte, 1))
	shut("a receive", err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = s.dial(t.Context(), "tcp", l.Addr().String())
	shut("a dial", err)
	_, err = s.listen("tcp", "127.0.0.1:0")
	shut("a Listen", err)
	peer.Write([]byte("x"))
	eventually(t, "bytes that are there can be read", func() bool {
		n, err := c.Read(make([]byte, 1))
		return n == 1 && err == nil
	})
}

// A dial goes on to the next address of a name after one that refuses, and after a head start.
func TestFreeDialTriesSeveralAddresses(t *testing.T) {
	rt := newRuntime(t, executor.Options{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	d := stdnet.Dialer{Runtime: rt, FallbackDelay: time.Millisecond, Timeout: testTimeout, Resolver: resolver{"127.0.0.2", "::1", "127.0.0.1"}}
	c, err := d.Dial("tcp", net.JoinHostPort("name.example", port))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if c.RemoteAddr().String() != l.Addr().String() {
		t.Errorf("connected to %v", c.RemoteAddr())
	}
	if _, err := d.Dial("tcp6", net.JoinHostPort("name.example", port)); err == nil {
		t.Error("connected over IPv6, where nothing listens")
	}
	d.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 3)}
	c2, err := d.Dial("tcp", net.JoinHostPort("name.example", port))
	if err != nil {
		t.Fatal(err)
	}
	defer c2.Close()
	if host, _, _ := net.SplitHostPort(c2.LocalAddr().String()); host != "127.0.0.3" {
		t.Errorf("connected from %v", c2.LocalAddr())
	}
}

// A resolver knows the addresses of every name.
type resolver []string

func (r resolver) LookupNetIP(_ context.Context, network, _ string) (ips []netip.Addr, err error) {
	for _, s := range r {
		if ip := netip.MustParseAddr(s); network == "ip" || ip.Is4() == (network == "ip4") {
			ips = append(ips, ip)
		}
	}
	return ips, nil
}
