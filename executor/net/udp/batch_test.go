package udp_test

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/udp"
)

// numbered makes messages of growing length that say which they are; to may be the zero value.
func numbered(n int, to netip.AddrPort) []udp.Message {
	ms := make([]udp.Message, n)
	for i := range ms {
		ms[i] = udp.Message{Buf: append([]byte{byte(i), byte(i >> 8)}, make([]byte, i)...), Addr: to}
	}
	return ms
}

// room makes messages with room for n bytes each.
func room(count, n int) []udp.Message {
	ms := make([]udp.Message, count)
	for i := range ms {
		ms[i].Buf = make([]byte, n)
	}
	return ms
}

func TestBatches(t *testing.T) {
	const count = 3*udp.MaxBatch + 7
	for _, addressed := range []bool{false, true} {
		t.Run(fmt.Sprintf("addressed=%v", addressed), func(t *testing.T) {
			rt := nettest.NewRuntime(t)
			a, b := bind(t), bind(t)
			var to netip.AddrPort
			if addressed {
				to = b.LocalAddrPort()
			} else if err := a.Connect(b.LocalAddrPort()); err != nil {
				t.Fatal(err)
			}
			nettest.Do(t, rt, func(co *coro.Co) error {
				h := executor.Go(co, func(co *coro.Co) (int, error) {
					seen := 0
					ms := room(100, 500)
					for seen < count {
						n, err := b.ReadBatch(co, ms)
						if err != nil {
							return seen, err
						}
						if n < 1 || n > udp.MaxBatch {
							return seen, fmt.Errorf("a batch of %d", n)
						}
						for _, m := range ms[:n] {
							if m.N != seen+2 || int(m.Buf[0])|int(m.Buf[1])<<8 != seen || m.Addr != a.LocalAddrPort() || m.Truncated {
								return seen, fmt.Errorf("datagram %d is %d of %d bytes from %v", seen, m.Buf[0], m.N, m.Addr)
							}
							seen++
						}
					}
					return seen, nil
				})
				if n, err := a.WriteBatch(co, numbered(count, to)); n != count || err != nil {
					return fmt.Errorf("%d were sent, %w", n, err)
				}
				_, err := h.Join(co)
				return err
			})
		})
	}
}

func TestBatchOfNothing(t *testing.T) {
	rt := nettest.NewRuntime(t)
	a, b := pair(t)
	nettest.Do(t, rt, func(co *coro.Co) error {
		if n, err := a.WriteBatch(co, nil); n != 0 || err != nil {
			return fmt.Errorf("%d, %w", n, err)
		}
		if n, err := b.ReadBatch(co, nil); n != 0 || err != nil {
			return fmt.Errorf("%d, %w", n, err)
		}
		if n, ok, err := b.TryReadBatch(room(1, 1)); n != 0 || ok || err != nil {
			return fmt.Errorf("%d, %v, %w", n, ok, err)
		}
		if n, ok, err := b.TryReadBatch(nil); n != 0 || !ok || err != nil {
			return fmt.Errorf("%d, %v, %w", n, ok, err)
		}
		if n, ok, err := b.TryWriteBatch(nil); n != 0 || !ok || err != nil {
			return fmt.Errorf("%d, %v, %w", n, ok, err)
		}
		return nil
	})
}

func TestBatchOfEmptyAndTruncated(t *testing.T) {
	rt := nettest.NewRuntime(t)
	a, b := pair(t)
	nettest.Do(t, rt, func(co *coro.Co) error {
		out := []udp.Message{{}, {Buf: []byte("longer")}, {Buf: []byte{}}, {Buf: []byte("long")}}
		if n, ok, err := a.TryWriteBatch(out); n != 4 || !ok || err != nil {
			return fmt.Errorf("%d, %v, %w", n, ok, err)
		}
		in := room(5, 4)
		in[4].N = 99 // stays as it is
		n, err := b.ReadBatch(co, in)
		if n != 4 || err != nil {
			return fmt.Errorf("%d, %w", n, err)
		}
		for i, want := range []struct {
			text      string
			truncated bool
		}{{"", false}, {"long", true}, {"", false}, {"long", false}} {
			m := in[i]
			if string(m.Buf[:m.N]) != want.text || m.Truncated != want.truncated {
				t.Errorf("datagram %d is %q, truncated %v", i, m.Buf[:m.N], m.Truncated)
			}
		}
		if in[4].N != 99 {
			t.Error("a place without a datagram was written to")
		}
		// The flag does not stay.
		a.Write(co, []byte("x"))
		if n, ok, err := b.TryReadBatch(in[1:]); n != 1 || !ok || err != nil || in[1].Truncated {
			return fmt.Errorf("%d, %v, %w, truncated %v", n, ok, err, in[1].Truncated)
		}
		return nil
	})
}

// What cannot be sent ends the batch in front of it, and the error is its own.
func TestBatchStopsAtFirstError(t *testing.T) {
	rt := nettest.NewRuntime(t)
	a, b := bind(t), bind(t)
	to := b.LocalAddrPort()
	for _, test := range []struct {
		name string
		bad  udp.Message
		err  error
	}{
		{"too long", udp.Message{Buf: make([]byte, 1<<16), Addr: to}, syscall.EMSGSIZE},
		{"wrong family", udp.Message{Addr: netip.MustParseAddrPort("[::1]:9")}, nil},
		{"not connected", udp.Message{}, syscall.EDESTADDRREQ},
	} {
		for _, at := range []int{0, 5, udp.MaxBatch, udp.MaxBatch + 1} {
			ms := numbered(udp.MaxBatch+9, to)
			ms[at] = test.bad
			nettest.Do(t, rt, func(co *coro.Co) error {
				n, err := a.WriteBatch(co, ms)
				var oe *net.OpError
				if n != at || !errors.As(err, &oe) || test.err != nil && !errors.Is(err, test.err) {
					t.Errorf("%s at %d: %d were sent, %v", test.name, at, n, err)
				}
				if test.bad.Addr.IsValid() && oe != nil && oe.Addr.String() != test.bad.Addr.String() {
					t.Errorf("%s: the error is of %v", test.name, oe.Addr)
				}
				for in := room(udp.MaxBatch, 100); n > 0; {
					m, err := b.ReadBatch(co, in)
					if err != nil {
						return err
					}
					n -= m
				}
				return nil
			})
		}
	}
	// The forms that send what they can say so first, and give the error next time.
	ms := []udp.Message{{Addr: to}, {Addr: to}, {Addr: netip.MustParseAddrPort("[::1]:9")}}
	if n, ok, err := a.TryWriteBatch(ms); n != 2 || !ok || err != nil {
		t.Errorf("%d were sent, %v, %v", n, ok, err)
	}
	if n, ok, err := a.TryWriteBatch(ms[2:]); n != 0 || !ok || err == nil {
		t.Errorf("%d were sent, %v, %v", n, ok, err)
	}
	if n, ok, err := b.TryReadBatch(room(3, 1)); n != 2 || !ok || err != nil {
		t.Errorf("%d came, %v, %v", n, ok, err)
	}
	if _, ok, _ := b.TryRead(nil); ok {
		t.Error("more has come than was sent")
	}
}

// pollBatch receives a number of datagrams in poll style, and sends them back in batches.
type pollBatch struct {
	s    *udp.Socket
	ms   []udp.Message
	out  []udp.Message
	left int
}

func (p *pollBatch) Poll(cx *core.Context) (error, bool) {
	for {
		for len(p.out) > 0 {
			n, ready, err := p.s.PollWriteBatch(cx, p.out)
			if !ready || err != nil {
				return err, ready
			}
			p.out = p.out[n:]
		}
		if p.left == 0 {
			return nil, true
		}
		n, ready, err := p.s.PollReadBatch(cx, p.ms)
		if !ready || err != nil {
			return err, ready
		}
		for _, m := range p.ms[:n] {
			p.out = append(p.out, udp.Message{Buf: append([]byte(nil), m.Buf[:m.N]...), Addr: m.Addr})
		}
		p.left -= n
	}
}

func TestBatchesInPollStyle(t *testing.T) {
	rt := nettest.NewRuntime(t)
	a, b := pair(t)
	const count = 100
	h := executor.Spawn[error](rt, &pollBatch{s: b, ms: room(16, 500), left: count})
	nettest.Settle(rt)
	nettest.Do(t, rt, func(co *coro.Co) error {
		if _, err := a.WriteBatch(co, numbered(count, netip.AddrPort{})); err != nil {
			return err
		}
		for i := range count {
			buf := make([]byte, 500)
			if n, err := a.Read(co, buf); n != i+2 || err != nil || buf[0] != byte(i) {
				return fmt.Errorf("datagram %d: %d bytes, %w", i, n, err)
			}
		}
		err, jerr := h.Join(co)
		return errors.Join(err, jerr)
	})
}

// Tasks of several workers share a socket: each datagram goes to one of them, whole.
func TestBatchesOfSeveralTasks(t *testing.T) {
	rt := nettest.NewRuntime(t)
	a, b := bind(t), bind(t)
	b.SetReadBuffer(4 << 20)
	const senders, each = 4, 100
	var hs []nettest.Handle
	got := make([]chan int, senders)
	for i := range got {
		got[i] = make(chan int, senders*each)
	}
	for r := range senders {
		hs = append(hs, executor.Do(rt, func(co *coro.Co) error {
			ms := room(10, 100)
			for {
				n, err := b.ReadBatch(co, ms)
				if err != nil {
					return err
				}
				for _, m := range ms[:n] {
					if m.N != 2 {
						return fmt.Errorf("a datagram of %d bytes", m.N)
					}
					if m.Buf[0] == 255 {
						return nil // the end, for one of the readers
					}
					got[r] <- int(m.Buf[0])*each + int(m.Buf[1])
				}
			}
		}))
	}
	nettest.Do(t, rt, func(co *coro.Co) error {
		var writers []nettest.Handle
		for s := range senders {
			writers = append(writers, executor.Do(co, func(co *coro.Co) error {
				ms := make([]udp.Message, each)
				for i := range ms {
					ms[i] = udp.Message{Buf: []byte{byte(s), byte(i)}, Addr: b.LocalAddrPort()}
				}
				for len(ms) > 0 {
					n, err := a.WriteBatch(co, ms[:min(10, len(ms))])
					if err != nil {
						return err
					}
					ms = ms[n:]
					co.Yield()
				}
				return nil
			}))
		}
		for _, h := range writers {
			if _, err := h.Join(co); err != nil {
				return err
			}
		}
		return nil
	})
	for range senders { // a batch may hold several of these, of which its reader takes one
		nettest.Settle(rt)
		for _, h := range hs {
			if !h.Finished() {
				a.TryWriteTo([]byte{255, 0}, b.LocalAddrPort())
				break
			}
		}
	}
	for _, h := range hs {
		if err := nettest.Finish(t, h); err != nil {
			t.Error(err)
		}
	}
	seen := map[int]bool{}
	for _, c := range got {
		close(c)
		for n := range c {
			if seen[n] {
				t.Errorf("datagram %d came twice", n)
			}
			seen[n] = true
		}
	}
	if len(seen) != senders*each {
		t.Errorf("%d datagrams came, want %d", len(seen), senders*each)
	}
}
