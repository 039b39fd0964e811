package udp_test

import (
	"runtime"
	"testing"
	"time"
	"unsafe"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/internal/racetest"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/udp"
	"github.com/moduvex/moduvex-go/reactor"
)

func TestMemoryOfASocket(t *testing.T) {
	const registration = unsafe.Sizeof(reactor.Registration{})
	t.Logf("Socket %d bytes, Registration %d bytes", udp.SocketSize, registration)
	if udp.SocketSize > 64 {
		t.Errorf("a Socket takes %d bytes, want at most 64", udp.SocketSize)
	}
}

// pollBatchEcho sends back in batches what it gets, for ever, and keeps nothing but its messages.
type pollBatchEcho struct {
	s      *udp.Socket
	ms     []udp.Message
	bufs   [][]byte
	n, out int
}

func (e *pollBatchEcho) Poll(cx *core.Context) (error, bool) {
	for {
		for e.out < e.n {
			n, ready, err := e.s.PollWriteBatch(cx, e.ms[e.out:e.n])
			if !ready || err != nil {
				return err, ready
			}
			e.out += n
		}
		for i := range e.ms {
			e.ms[i].Buf = e.bufs[i]
		}
		n, ready, err := e.s.PollReadBatch(cx, e.ms)
		if !ready || err != nil {
			return err, ready
		}
		for i := range e.ms[:n] {
			e.ms[i].Buf = e.ms[i].Buf[:e.ms[i].N]
		}
		e.n, e.out = n, 0
	}
}

// Regression: each call allocated its boxed address.
func TestOperationsAllocateNothing(t *testing.T) {
	if racetest.Enabled || runtime.GOOS != "linux" {
		t.Skip("the race detector allocates, and so do the wrappers of other systems' calls")
	}
	rt := nettest.NewRuntime(t)
	for name, serve := range map[string]func(s *udp.Socket) interface{ Abort() bool }{
		"direct": func(s *udp.Socket) interface{ Abort() bool } {
			return executor.Do(rt, func(co *coro.Co) error { return directEcho(co, s) })
		},
		"poll": func(s *udp.Socket) interface{ Abort() bool } {
			return executor.Spawn[error](rt, &pollEcho{s: s, buf: make([]byte, 64)})
		},
		"batches": func(s *udp.Socket) interface{ Abort() bool } {
			ms := room(8, 64)
			e := &pollBatchEcho{s: s, ms: ms}
			for _, m := range ms {
				e.bufs = append(e.bufs, m.Buf)
			}
			return executor.Spawn[error](rt, e)
		},
	} {
		s, c := bind(t), stranger(t)
		to := s.LocalAddrPort()
		h := serve(s)
		b := make([]byte, 64)
		round := func() {
			c.WriteToUDPAddrPort(b, to)
			if _, _, err := c.ReadFromUDPAddrPort(b); err != nil {
				t.Fatal(err)
			}
		}
		for range 100 {
			round()
		}
		if n := testing.AllocsPerRun(300, round); n != 0 {
			t.Errorf("%s: %v allocations for a read that waits and a write", name, n)
		}
		s.SetDeadline(time.Now().Add(time.Hour))
		for range 100 {
			round()
		}
		if n := testing.AllocsPerRun(300, round); n != 0 {
			t.Errorf("%s, with a deadline: %v allocations", name, n)
		}
		h.Abort()
	}
}

func TestTryAllocatesNothing(t *testing.T) {
	if racetest.Enabled || runtime.GOOS != "linux" {
		t.Skip("as above")
	}
	a, b := pair(t)
	in, out := room(8, 64), room(8, 64)
	buf := make([]byte, 64)
	if n := testing.AllocsPerRun(300, func() {
		a.TryWrite(buf)
		b.TryRead(buf)
		b.TryReadFrom(buf) // finds nothing
		a.TryWriteBatch(out)
		b.TryReadBatch(in)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	// With a zone too.
	s, err := udp.Listen("udp6", "["+linkLocal(t).String()+"]:0")
	if err != nil {
		t.Skip(err)
	}
	defer s.Close()
	to := s.LocalAddrPort()
	if n := testing.AllocsPerRun(300, func() {
		if _, _, err := s.TryWriteTo(buf, to); err != nil {
			t.Fatal(err)
		}
		if _, from, _, err := s.TryReadFrom(buf); err != nil || from != to {
			t.Fatal(from, err)
		}
	}); n != 0 {
		t.Errorf("%v allocations with a zone", n)
	}
}
