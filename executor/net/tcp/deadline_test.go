package tcp_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

var long = time.Hour

// wantTimeout fails unless err is what a deadline of the socket ends op with.
func wantTimeout(tb testing.TB, err error, op string) {
	tb.Helper()
	wantIs(tb, err, op, os.ErrDeadlineExceeded)
	wantIs(tb, err, op, context.DeadlineExceeded)
	var ne net.Error
	if !errors.As(err, &ne) || !ne.Timeout() {
		tb.Errorf("%v is no timeout", err)
	}
}

func TestDeadlineEndsPendingRead(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, c := connect(t, rt)
	nettest.Do(t, rt, func(co *coro.Co) error {
		begin := time.Now()
		s.SetReadDeadline(begin.Add(30 * time.Millisecond))
		_, err := s.Read(co, make([]byte, 1))
		wantTimeout(t, err, "read")
		if took := time.Since(begin); took < 30*time.Millisecond || took > nettest.Timeout {
			t.Errorf("it took %v", took)
		}
		_, err = s.Read(co, make([]byte, 1)) // it stays over
		wantTimeout(t, err, "read")
		wantTimeout(t, s.WaitReadable(co), "read")

		s.SetReadDeadline(time.Time{})
		c.Write([]byte("x"))
		_, err = s.Read(co, make([]byte, 1))
		return err
	})
}

func TestPastDeadlineFailsThoughThereIsSomething(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, c := connect(t, rt)
	c.Write([]byte("x"))
	time.Sleep(10 * time.Millisecond)
	nettest.Do(t, rt, func(co *coro.Co) error {
		s.SetDeadline(time.Unix(1, 0))
		_, err := s.Read(co, make([]byte, 1))
		wantTimeout(t, err, "read")
		n, err := s.Write(co, make([]byte, 1))
		wantTimeout(t, err, "write")
		if n != 0 {
			t.Errorf("%d bytes were written", n)
		}
		s.SetDeadline(time.Now().Add(long))
		if _, err := s.Write(co, make([]byte, 1)); err != nil {
			return err
		}
		_, err = s.Read(co, make([]byte, 1))
		return err
	})
}

func TestDeadlineOfOneDirectionLeavesTheOther(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, c := connect(t, rt)
	s.SetWriteDeadline(time.Unix(1, 0))
	h := executor.Do(rt, func(co *coro.Co) error { _, err := s.Read(co, make([]byte, 1)); return err })
	nettest.Settle(rt)
	c.Write([]byte("x"))
	if err := nettest.Finish(t, h); err != nil {
		t.Error(err)
	}
}

func TestDeadlineChangesWhileReadIsPending(t *testing.T) {
	for _, test := range []struct {
		name          string
		first, second time.Duration // from now; 0 for none
		ends          bool          // at the second; otherwise it waits when the first has passed
	}{
		{"none to soon", 0, 20 * time.Millisecond, true},
		{"none to past", 0, -time.Hour, true},
		{"late to soon", long, 20 * time.Millisecond, true},
		{"late to past", long, -time.Hour, true},
		{"soon to late", 60 * time.Millisecond, long, false},
		{"soon to none", 60 * time.Millisecond, 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			rt := nettest.NewRuntime(t)
			s, c := connect(t, rt)
			at := func(d time.Duration) (at time.Time) {
				if d != 0 {
					at = time.Now().Add(d)
				}
				return at
			}
			var h nettest.Handle
			for first := test.first; ; first *= 2 {
				began := at(first)
				s.SetReadDeadline(began)
				h = executor.Do(rt, func(co *coro.Co) error { _, err := s.Read(co, make([]byte, 1)); return err })
				nettest.Settle(rt)
				s.SetReadDeadline(at(test.second)) // from a goroutine that is not a worker
				if test.ends {
					wantTimeout(t, nettest.Finish(t, h), "read")
					return
				}
				if time.Now().Before(began) {
					time.Sleep(time.Until(began) + 40*time.Millisecond) // beyond the first
					break
				}
				// The machine was so slow that the first has passed before the second was set.
				if h.Abort(); nettest.Finish(t, h) == nil {
					t.Fatal("it has read bytes that were not written")
				}
			}
			if h.Finished() {
				t.Fatal(nettest.Finish(t, h))
			}
			c.Write([]byte("x"))
			if err := nettest.Finish(t, h); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestDeadlineEndsPendingWrite(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, _ := connect(t, rt)
	s.SetWriteBuffer(16 << 10)
	nettest.Do(t, rt, func(co *coro.Co) error {
		data := make([]byte, 32<<20) // takes its time
		s.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
		n, err := s.Write(co, data)
		wantTimeout(t, err, "write")
		if n == 0 || n == 32<<20 {
			t.Errorf("it says that %d bytes were written", n)
		}
		return nil
	})
}

func TestDeadlineEndsAllThatWait(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, c := connect(t, rt)
	s.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	var hs []nettest.Handle
	for range 10 {
		hs = append(hs, executor.Do(rt, func(co *coro.Co) error { _, err := s.Read(co, make([]byte, 1)); return err }))
	}
	nettest.Settle(rt)
	c.Write([]byte("xx")) // two of them are served, and turn off the alarm
	timeouts := 0
	for _, h := range hs {
		if err := nettest.Finish(t, h); err != nil {
			wantTimeout(t, err, "read")
			timeouts++
		}
	}
	if timeouts != 8 {
		t.Errorf("%d timeouts, want 8", timeouts)
	}
}

func TestAbortOfOneWaiterLeavesDeadlineToOthers(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, _ := connect(t, rt)
	s.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	read := func(co *coro.Co) error { _, err := s.Read(co, make([]byte, 1)); return err }
	a, b := executor.Do(rt, read), executor.Do(rt, read)
	nettest.Settle(rt)
	a.Abort()
	nettest.Finish(t, a)
	wantTimeout(t, nettest.Finish(t, b), "read")
}

// Two workers wait on one stream: the alarm is in the wheel of one of them, and may have to move.
func TestDeadlineEndsWaitersOnSeveralWorkers(t *testing.T) {
	a, b := nettest.NewRuntime(t), nettest.NewRuntime(t)
	s, c := connect(t, a)
	read := func(co *coro.Co) error { _, err := s.Read(co, make([]byte, 1)); return err }
	for range 20 {
		s.SetReadDeadline(time.Now().Add(long))
		ha, hb := executor.Do(a, read), executor.Do(b, read)
		nettest.Settle(a)
		s.SetReadDeadline(time.Now().Add(10 * time.Millisecond)) // each worker wants to set it
		wantTimeout(t, nettest.Finish(t, ha), "read")
		wantTimeout(t, nettest.Finish(t, hb), "read")

		s.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		ha, hb = executor.Do(a, read), executor.Do(b, read)
		nettest.Settle(a)
		c.Write([]byte("x")) // for one of them, which turns the alarm off
		errs := []error{nettest.Finish(t, ha), nettest.Finish(t, hb)}
		for _, err := range errs {
			if err != nil {
				wantTimeout(t, err, "read")
			}
		}
		if errs[0] != nil && errs[1] != nil {
			// Both were too late for it.
			s.SetReadDeadline(time.Time{})
			if err := nettest.Finish(t, executor.Do(a, read)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// An alarm that a dropped future has left in the wheel of one worker is no alarm for another.
func TestAlarmLeftBehindOnAnotherWorker(t *testing.T) {
	a, b := nettest.NewRuntime(t), nettest.NewRuntime(t)
	s, c := connect(t, a)
	read := func(co *coro.Co) error { _, err := s.Read(co, make([]byte, 1)); return err }
	leaveBehind := func() {
		h := executor.Spawn[struct{}](a, &reading{s: s})
		nettest.Settle(a)
		h.Abort()
		nettest.Settle(a)
	}
	s.SetReadDeadline(time.Now().Add(long))
	leaveBehind()
	hb := executor.Do(b, read) // with the same deadline
	nettest.Settle(b)
	c.Write([]byte("x"))
	if err := nettest.Finish(t, hb); err != nil {
		t.Error(err)
	}
	leaveBehind()
	s.SetReadDeadline(time.Now().Add(30 * time.Millisecond))
	wantTimeout(t, nettest.Finish(t, executor.Do(b, read)), "read")
	wantTimeout(t, nettest.Finish(t, executor.Do(a, read)), "read")
}

func TestListenerDeadline(t *testing.T) {
	rt := nettest.NewRuntime(t)
	l := listen(t)
	nettest.Do(t, rt, func(co *coro.Co) error {
		l.SetDeadline(time.Now().Add(20 * time.Millisecond))
		_, err := l.Accept(co)
		wantTimeout(t, err, "accept")
		l.SetDeadline(time.Time{})
		c, err := tcp.Dial(co, "tcp", l.Addr().String())
		if err != nil {
			return err
		}
		defer c.Close()
		s, err := l.Accept(co)
		if err != nil {
			return err
		}
		return s.Close()
	})
}

// An alarm that is not needed any more neither wakes an idle worker nor takes memory in its wheel.
func TestNothingStaysArmedAfterTheOperation(t *testing.T) {
	const soon = 400 * time.Millisecond
	for name, end := range map[string]func(s *tcp.Stream, c net.Conn, h nettest.Handle) error{
		"read":  func(s *tcp.Stream, c net.Conn, h nettest.Handle) error { _, err := c.Write([]byte("x")); return err },
		"abort": func(s *tcp.Stream, c net.Conn, h nettest.Handle) error { h.Abort(); return nil },
		"close": func(s *tcp.Stream, c net.Conn, h nettest.Handle) error { return s.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			rt := nettest.NewRuntime(t)
			s, c := connect(t, rt)
			s.SetReadDeadline(time.Now().Add(soon))
			h := executor.Do(rt, func(co *coro.Co) error { _, err := s.Read(co, make([]byte, 1)); return err })
			nettest.Settle(rt)
			if err := end(s, c, h); err != nil {
				t.Fatal(err)
			}
			err := nettest.Finish(t, h)
			if name == "close" {
				wantIs(t, err, "read", net.ErrClosed)
			}
			nettest.Settle(rt)
			time.Sleep(50 * time.Millisecond) // the worker parks
			before := rt.Stats().Parks
			time.Sleep(soon)
			// Where tasks move, the alarm may have been disarmed from another worker, and the one that it
			// was armed on wakes up once for nothing.
			spare := uint64(0)
			if modetest.Stealing() {
				spare = 1
			}
			if after := rt.Stats().Parks; after > before+spare {
				t.Errorf("the idle worker woke up %d times", after-before)
			}
		})
	}
}

// SetDeadline may come between any two steps of a read that is about to wait.
func TestDeadlineRacesWithRead(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, _ := connect(t, rt)
	for range 500 {
		s.SetReadDeadline(time.Time{})
		h := executor.Do(rt, func(co *coro.Co) error {
			_, err := s.Read(co, make([]byte, 1))
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				return fmt.Errorf("got %w", err)
			}
			return nil
		})
		s.SetReadDeadline(time.Unix(1, 0))
		if err := nettest.Finish(t, h); err != nil {
			t.Fatal(err)
		}
	}
}

// Instants that no Duration reaches from here are past, or never come.
func TestDeadlinesBeyondAnyDuration(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, c := connect(t, rt)
	buf := make([]byte, 1)
	for _, at := range []time.Time{
		time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC), time.Unix(-1<<60, 0), time.Unix(0, 0), time.Now().Add(math.MinInt64),
	} {
		s.SetDeadline(at)
		nettest.Do(t, rt, func(co *coro.Co) error {
			_, err := s.Read(co, buf)
			wantIs(t, err, "read", os.ErrDeadlineExceeded)
			_, err = s.Write(co, buf)
			wantIs(t, err, "write", os.ErrDeadlineExceeded)
			return nil
		})
	}
	for _, at := range []time.Time{
		time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), time.Unix(1<<60, 0), time.Now().Add(math.MaxInt64),
	} {
		s.SetDeadline(at)
		h := executor.Do(rt, func(co *coro.Co) error {
			if _, err := s.Read(co, buf); err != nil {
				return err
			}
			_, err := s.Write(co, buf)
			return err
		})
		nettest.Settle(rt) // it waits, with its deadline in the wheel
		c.Write([]byte("x"))
		if err := nettest.Finish(t, h); err != nil {
			t.Errorf("with a deadline at %v: %v", at, err)
		}
	}
}
