package tcp_test

import (
	"context"
	"runtime"
	"testing"
	"time"
	"unsafe"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/internal/racetest"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"github.com/moduvex/moduvex-go/reactor"
)

// Regression: calls allocated, a boxed address each among others.
func TestReadAndWriteAllocateNothing(t *testing.T) {
	if racetest.Enabled {
		t.Skip("the race detector allocates")
	}
	rt := nettest.NewRuntime(t)
	for _, style := range []string{"direct", "poll"} {
		a, ac := connect(t, rt)
		var h interface{ Abort() bool }
		if style == "poll" {
			h = executor.Spawn[error](rt, &pollEcho{s: a, buf: make([]byte, 64)})
		} else {
			h = executor.Do(rt, func(co *coro.Co) error {
				buf := make([]byte, 64)
				for {
					n, err := a.Read(co, buf)
					if err != nil {
						return err
					}
					if _, err := a.Write(co, buf[:n]); err != nil {
						return err
					}
				}
			})
		}
		b := make([]byte, 64)
		round := func() {
			ac.Write(b)
			for n := 0; n < len(b); {
				m, err := ac.Read(b[n:])
				if err != nil {
					t.Fatal(err)
				}
				n += m
			}
		}
		for range 100 {
			round()
		}
		if n := testing.AllocsPerRun(1000, round); n != 0 {
			t.Errorf("%s style: %v allocations for a read that waits and a write", style, n)
		}
		a.SetDeadline(time.Now().Add(time.Hour))
		for range 100 {
			round()
		}
		if n := testing.AllocsPerRun(1000, round); n != 0 {
			t.Errorf("%s style, with a deadline: %v allocations", style, n)
		}
		h.Abort()
	}
}

func TestMemoryOfAStream(t *testing.T) {
	const registration = unsafe.Sizeof(reactor.Registration{})
	t.Logf("Stream %d bytes, Registration %d bytes", tcp.StreamSize, registration)
	if tcp.StreamSize > 48 {
		t.Errorf("a Stream takes %d bytes, want at most 48", tcp.StreamSize)
	}
	if total := tcp.StreamSize + registration; total > 220 {
		t.Errorf("together they take %d bytes, want at most 220", total)
	}
}

// waiting is a task that waits for a connection to become readable, and has no buffer till then.
type waiting struct{ s *tcp.Stream }

func (w *waiting) Poll(cx *core.Context) (struct{}, bool) {
	ready, _ := w.s.PollReadable(cx)
	if ready {
		w.s.Close()
	}
	return struct{}{}, ready
}

func (w *waiting) Drop() { w.s.Close() }

// What an idle connection costs, task included, by the allocator's books.
func TestMemoryOfAnIdleConnection(t *testing.T) {
	if racetest.Enabled || testing.Short() {
		t.Skip("a measurement")
	}
	const n = 2000
	for _, style := range []struct {
		name  string
		bound uint64
		spawn func(co *coro.Co, s *tcp.Stream)
	}{
		{"poll", 450, func(co *coro.Co, s *tcp.Stream) { executor.Spawn[struct{}](co, &waiting{s}) }},
		{"direct", 3700, func(co *coro.Co, s *tcp.Stream) {
			executor.Do(co, func(co *coro.Co) error {
				defer s.Close()
				_, err := s.Read(co, nil)
				if err == nil {
					err = s.WaitReadable(co)
				}
				return err
			})
		}},
	} {
		rt := nettest.NewRuntime(t)
		l := listen(t)
		var fds []*tcp.Stream
		memory := func() uint64 {
			var m runtime.MemStats
			runtime.GC()
			runtime.GC()
			runtime.ReadMemStats(&m)
			return m.HeapAlloc + m.StackInuse
		}
		nettest.Do(t, rt, func(co *coro.Co) error {
			for range n {
				c, err := tcp.Dial(co, "tcp", l.Addr().String())
				if err != nil {
					return err
				}
				fds = append(fds, c)
			}
			return nil
		})
		before := memory()
		nettest.Do(t, rt, func(co *coro.Co) error {
			for range n {
				s, err := l.Accept(co)
				if err != nil {
					return err
				}
				style.spawn(co, s)
			}
			return nil
		})
		nettest.Settle(rt)
		per := (memory() - before) / n
		t.Logf("%s style: %d bytes for an idle connection", style.name, per)
		if per > style.bound {
			t.Errorf("%s style: %d bytes for an idle connection, want at most %d", style.name, per, style.bound)
		}
		for _, c := range fds {
			c.Close()
		}
		ctx, cancel := context.WithTimeout(context.Background(), nettest.Timeout)
		if err := rt.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		cancel()
	}
}
