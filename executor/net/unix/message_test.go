//go:build unix

package unix_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/unix"
	"github.com/moduvex/moduvex-go/reactor"
)

// messenger is what Seqpacket and Datagram have in common.
type messenger interface {
	passer
	Write(co *coro.Co, b []byte) (n int, err error)
	Peek(co *coro.Co, b []byte) (n int, err error)
	SetReadDeadline(t time.Time) error
}

func messengers(tb testing.TB) map[string][2]messenger {
	pairs := map[string][2]messenger{}
	for name, p := range passers(tb) {
		if a, ok := p[0].(messenger); ok {
			pairs[name] = [2]messenger{a, p[1].(messenger)}
		}
	}
	return pairs
}

func TestMessagesKeepTheirBorders(t *testing.T) {
	for name, p := range messengers(t) {
		t.Run(name, func(t *testing.T) {
			rt := nettest.NewRuntime(t)
			nettest.Do(t, rt, func(co *coro.Co) error {
				for _, text := range []string{"one", "three", "x"} {
					if n, err := p[0].Write(co, []byte(text)); n != len(text) || err != nil {
						return fmt.Errorf("wrote %d, %w", n, err)
					}
				}
				buf := make([]byte, 100)
				for range 2 {
					if n, err := p[1].Peek(co, buf); string(buf[:n]) != "one" || err != nil {
						return fmt.Errorf("peeked at %q, %w", buf[:n], err)
					}
				}
				if err := want(co, p[1], "one"); err != nil {
					return err
				}
				n, err := p[1].Peek(co, buf[:2])
				wantIs(t, err, "read", io.ErrShortBuffer)
				if string(buf[:n]) != "th" {
					t.Errorf("peeked at %q", buf[:n])
				}
				n, err = p[1].Read(co, buf[:2])
				wantIs(t, err, "read", io.ErrShortBuffer)
				if string(buf[:n]) != "th" {
					t.Errorf("read %q", buf[:n])
				}
				if err := want(co, p[1], "x"); err != nil {
					return err
				}
				p[0].Write(co, []byte("y"))
				if n, err := p[1].Read(co, nil); n != 0 || !errors.Is(err, io.ErrShortBuffer) {
					t.Errorf("into nothing: %d, %v", n, err)
				}
				p[1].SetReadDeadline(time.Now().Add(5 * time.Millisecond))
				_, err = p[1].Read(co, buf)
				wantTimeout(t, err, "read")
				p[1].SetReadDeadline(time.Time{})
				return nil
			})
		})
	}
}

func TestEmptyMessages(t *testing.T) {
	rt := nettest.NewRuntime(t)
	a, b := datagrams(t)
	c, d := seqpackets(t)
	nettest.Do(t, rt, func(co *coro.Co) error {
		if n, err := a.Write(co, nil); n != 0 || err != nil {
			return fmt.Errorf("%d, %w", n, err)
		}
		if err := want(co, b, ""); err != nil {
			return err
		}
		if n, err := c.Write(co, nil); n != 0 || err == nil {
			t.Errorf("an empty message went out: %d, %v", n, err)
		}
		c.Write(co, []byte("last"))
		if err := c.CloseWrite(); err != nil {
			return err
		}
		if err := want(co, d, "last"); err != nil {
			return err
		}
		for _, buf := range [][]byte{make([]byte, 10), nil} {
			if _, err := d.Read(co, buf); err != io.EOF {
				return fmt.Errorf("read %w, want io.EOF", err)
			}
		}
		d.Write(co, []byte("back"))
		if err := want(co, c, "back"); err != nil {
			return err
		}
		if err := d.CloseRead(); err != nil {
			return err
		}
		return d.Close()
	})
}

func TestSeqpacketListener(t *testing.T) {
	rt := nettest.NewRuntime(t)
	l, err := unix.ListenSeqpacket(temp(t) + "/s")
	if err != nil {
		t.Skip(err)
	}
	defer l.Close()
	nettest.Do(t, rt, func(co *coro.Co) error {
		h := executor.Do(co, func(co *coro.Co) error {
			s, err := l.Accept(co)
			if err != nil {
				return err
			}
			defer s.Close()
			if err := want(co, s, "hello"); err != nil {
				return err
			}
			_, err = s.Write(co, []byte("hi"))
			return err
		})
		c, err := unix.DialSeqpacket(co, l.Addr().String())
		if err != nil {
			return err
		}
		defer c.Close()
		if _, err := c.Write(co, []byte("hello")); err != nil {
			return err
		}
		if err := want(co, c, "hi"); err != nil {
			return err
		}
		if _, err := c.PeerCredentials(); err != nil && !errors.Is(err, errors.ErrUnsupported) {
			return err
		}
		_, err = h.Join(co)
		return err
	})
	// And with a peer of package net.
	n, err := net.Dial("unixpacket", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	nettest.Do(t, rt, func(co *coro.Co) error {
		s, err := l.Accept(co)
		if err != nil {
			return err
		}
		defer s.Close()
		n.Write([]byte("one"))
		n.Write([]byte("two"))
		return errors.Join(want(co, s, "one"), want(co, s, "two"))
	})
}

func TestDatagramsHaveNames(t *testing.T) {
	rt := nettest.NewRuntime(t)
	a, pathA := bind(t)
	b, pathB := bind(t)
	unbound, err := unix.Unbound()
	if err != nil {
		t.Fatal(err)
	}
	defer unbound.Close()
	nettest.Do(t, rt, func(co *coro.Co) error {
		buf := make([]byte, 100)
		for range 2 {
			if _, err := a.WriteTo(co, []byte("hello"), pathB); err != nil {
				return err
			}
			n, from, err := b.ReadFrom(co, buf)
			if string(buf[:n]) != "hello" || from != pathA || err != nil {
				return fmt.Errorf("got %q from %q, %w", buf[:n], from, err)
			}
			if _, err := unbound.WriteTo(co, []byte("nobody"), pathB); err != nil {
				return err
			}
			n, from, err = b.ReadFrom(co, buf)
			if string(buf[:n]) != "nobody" || from != "" || err != nil {
				return fmt.Errorf("got %q from %q, %w", buf[:n], from, err)
			}
		}
		if a.LocalAddr().String() != pathA || a.RemoteAddr().String() != "" {
			t.Errorf("from %q to %q", a.LocalAddr(), a.RemoteAddr())
		}
		c, err := unix.Connect(pathB)
		if err != nil {
			return err
		}
		defer c.Close()
		if c.RemoteAddr().String() != pathB {
			t.Errorf("connected to %q", c.RemoteAddr())
		}
		if _, err := c.Write(co, []byte("connected")); err != nil {
			return err
		}
		if err := want(co, b, "connected"); err != nil {
			return err
		}
		if err := c.Connect(pathA); err != nil { // and moves
			return err
		}
		if _, err := c.Write(co, []byte("moved")); err != nil {
			return err
		}
		if err := want(co, a, "moved"); err != nil {
			return err
		}

		_, err = unbound.WriteTo(co, []byte("x"), pathA+"-not")
		wantIs(t, err, "write", syscall.ENOENT)
		var ae *net.AddrError
		if _, err = unbound.WriteTo(co, []byte("x"), ""); !errors.As(err, &ae) {
			t.Errorf("to no name: %v", err)
		}
		_, err = unbound.Write(co, []byte("x"))
		wantIs(t, err, "write", syscall.ENOTCONN)
		b.Close()
		_, err = unbound.WriteTo(co, []byte("x"), pathB)
		wantIs(t, err, "write", syscall.ECONNREFUSED)
		if _, err := unix.Connect(pathB); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Error(err)
		}
		_, err = unix.Bind(pathA)
		wantIs(t, err, "listen", syscall.EADDRINUSE)
		return nil
	})
}

// fill sends to a name until it would have to wait.
func fill(co *coro.Co, a *unix.Datagram, to string) (n int, err error) {
	for {
		ready, cx := false, co.Context()
		if cx.Budget() == 0 {
			co.Yield()
			continue
		}
		if _, ready, err = a.PollWriteTo(cx, []byte("x"), to); err != nil {
			return n, err
		}
		if !ready {
			a.Unwait(cx.Waker(), reactor.Write)
			return n, nil
		}
		n++
	}
}

// The receiver of a datagram is full. The system reports to connected senders when it has room again, and to others it does not.
func TestWritesWaitForTheReceiver(t *testing.T) {
	for _, connected := range []bool{true, false} {
		t.Run(fmt.Sprintf("connected=%v", connected), func(t *testing.T) {
			rt := nettest.NewRuntime(t)
			b, path := bind(t)
			a, err := unix.Unbound()
			if err != nil {
				t.Fatal(err)
			}
			defer a.Close()
			other, err := unix.Unbound() // what it has sent fills the queue, and nothing of a's
			if err != nil {
				t.Fatal(err)
			}
			defer other.Close()
			send := func(co *coro.Co) error { _, err := a.WriteTo(co, []byte("x"), path); return err }
			if connected {
				if err := a.Connect(path); err != nil {
					t.Fatal(err)
				}
				send = func(co *coro.Co) error { _, err := a.Write(co, []byte("x")); return err }
			}
			var sent int
			nettest.Do(t, rt, func(co *coro.Co) (err error) { sent, err = fill(co, other, path); return err })

			const writers = 5
			var hs []nettest.Handle
			for range writers {
				hs = append(hs, executor.Do(rt, send))
			}
			aborted := executor.Do(rt, send)
			var late nettest.Handle
			a.SetWriteDeadline(time.Now().Add(time.Hour))
			before := rt.Stats().Polls
			time.Sleep(50 * time.Millisecond)
			// Six pauses fit into the time: 1, 2, 4, 8, 16, 32 ms. Each wakes the six, twice.
			if polls := rt.Stats().Polls - before; polls > 120 {
				t.Errorf("%d polls while nothing could be sent", polls)
			}
			for _, h := range append(hs, aborted) {
				if h.Finished() {
					t.Fatal("a write did not wait: ", nettest.Finish(t, h))
				}
			}
			aborted.Abort()
			if err := nettest.Finish(t, aborted); !errors.Is(err, core.ErrCancelled) {
				t.Error(err)
			}
			drain := func(n int) {
				nettest.Do(t, rt, func(co *coro.Co) error {
					for range n {
						if err := want(co, b, "x"); err != nil {
							return err
						}
					}
					return nil
				})
			}
			drain(sent)
			for _, h := range hs {
				if err := nettest.Finish(t, h); err != nil {
					t.Error(err)
				}
			}
			if n := a.TakeWaiters(reactor.Write); n != 0 {
				t.Errorf("%d waiters are left", n)
			}
			drain(writers)

			// A deadline ends it, and so does Close.
			nettest.Do(t, rt, func(co *coro.Co) (err error) { _, err = fill(co, other, path); return err })
			a.SetWriteDeadline(time.Now().Add(5 * time.Millisecond))
			wantTimeout(t, nettest.Finish(t, executor.Do(rt, send)), "write")
			a.SetWriteDeadline(time.Time{})
			late = executor.Do(rt, send)
			time.Sleep(5 * time.Millisecond)
			a.Close()
			wantIs(t, nettest.Finish(t, late), "write", net.ErrClosed)
		})
	}
}

// pollSender sends a number of datagrams in poll style.
type pollSender struct {
	s    *unix.Datagram
	to   string
	left int
}

func (p *pollSender) Poll(cx *core.Context) (error, bool) {
	for ; p.left > 0; p.left-- {
		if _, ready, err := p.s.PollWriteTo(cx, []byte("x"), p.to); !ready || err != nil {
			return err, ready
		}
	}
	return nil, true
}

// Many senders send to one slower receiver: no message is lost, and no sender waits for ever.
func TestManySendersToOneReceiver(t *testing.T) {
	rt := nettest.NewRuntime(t)
	b, path := bind(t)
	const senders, each = 8, 100
	for range senders / 2 {
		s, err := unix.Unbound()
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		executor.Spawn[error](rt, &pollSender{s: s, to: path, left: each})
		executor.Do(rt, func(co *coro.Co) error { // on the same socket
			for range each {
				if _, err := s.WriteTo(co, []byte("x"), path); err != nil {
					return err
				}
			}
			return nil
		})
	}
	var got atomic.Int32
	nettest.Do(t, rt, func(co *coro.Co) error {
		for range senders * each {
			if err := want(co, b, "x"); err != nil {
				return err
			}
			got.Add(1)
		}
		return nil
	})
}

// Seqpackets and streams are told by the system when there is room.
func TestSeqpacketWritesWaitForRoom(t *testing.T) {
	rt := nettest.NewRuntime(t)
	a, b := seqpackets(t)
	const count, size = 200, 10000
	h := executor.Do(rt, func(co *coro.Co) error {
		for i := range count {
			msg := make([]byte, size)
			msg[0] = byte(i)
			if _, err := a.Write(co, msg); err != nil {
				return err
			}
		}
		return a.Close()
	})
	nettest.Settle(rt)
	if h.Finished() {
		t.Fatal("2 MB fit into a socket without a reader")
	}
	nettest.Do(t, rt, func(co *coro.Co) error {
		buf := make([]byte, 2*size)
		for i := range count {
			if n, err := b.Read(co, buf); n != size || err != nil || buf[0] != byte(i) {
				return fmt.Errorf("message %d: %d bytes of %d, %w", i, n, buf[0], err)
			}
		}
		if _, err := b.Read(co, buf); err != io.EOF {
			return fmt.Errorf("read %w, want io.EOF", err)
		}
		return nil
	})
	if err := nettest.Finish(t, h); err != nil {
		t.Error(err)
	}
}
