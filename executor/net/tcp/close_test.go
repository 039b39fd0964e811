package tcp_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/stream"
)

func TestWriteThenCloseDelivers(t *testing.T) {
	rt := nettest.NewRuntime(t)
	for range 50 {
		s, c := connect(t, rt)
		nettest.Do(t, rt, func(co *coro.Co) error {
			if _, err := s.Write(co, random(100<<10)); err != nil {
				return err
			}
			return s.Close()
		})
		got, err := io.ReadAll(c)
		if err != nil || len(got) != 100<<10 {
			t.Fatalf("%d bytes, %v", len(got), err)
		}
		c.Close()
	}
}

func TestHalfClose(t *testing.T) {
	t.Run("write", func(t *testing.T) {
		rt := nettest.NewRuntime(t)
		s, c := connect(t, rt)
		nettest.Do(t, rt, func(co *coro.Co) error {
			s.Write(co, []byte("last words"))
			return s.CloseWrite()
		})
		if got, err := io.ReadAll(c); string(got) != "last words" || err != nil {
			t.Errorf("the peer read %q, %v", got, err)
		}
		c.Write([]byte("answer"))
		c.Close()
		nettest.Do(t, rt, func(co *coro.Co) error {
			buf := make([]byte, 100)
			n, err := s.Read(co, buf)
			if string(buf[:n]) != "answer" || err != nil {
				return fmt.Errorf("read %q, %v", buf[:n], err)
			}
			if _, err := s.Read(co, buf); err != io.EOF {
				return fmt.Errorf("want io.EOF, got %v", err)
			}
			_, err = s.Write(co, buf)
			wantIs(t, err, "write", syscall.EPIPE)
			return nil
		})
	})
	t.Run("read", func(t *testing.T) {
		rt := nettest.NewRuntime(t)
		s, c := connect(t, rt)
		c.Write([]byte("before"))
		h := executor.Do(rt, func(co *coro.Co) error {
			buf := make([]byte, 100)
			if n, err := s.Read(co, buf); string(buf[:n]) != "before" || err != nil {
				return fmt.Errorf("read %q, %v", buf[:n], err)
			}
			if _, err := s.Read(co, buf); err != io.EOF { // waits until CloseRead
				return fmt.Errorf("want io.EOF, got %v", err)
			}
			if err := s.WaitReadable(co); err != nil { // which it is: the end can be read
				return err
			}
			_, err := s.Write(co, []byte("x"))
			return err
		})
		nettest.Settle(rt)
		if err := s.CloseRead(); err != nil {
			t.Fatal(err)
		}
		if err := nettest.Finish(t, h); err != nil {
			t.Error(err)
		}
	})
}

func TestPeerEndsStream(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, c := connect(t, rt)
	h := executor.Do(rt, func(co *coro.Co) error {
		for range 3 { // the end is not consumed
			if n, err := s.Read(co, make([]byte, 10)); n != 0 || err != io.EOF {
				return fmt.Errorf("read: %d, %v", n, err)
			}
		}
		return nil
	})
	nettest.Settle(rt)
	c.Close()
	if err := nettest.Finish(t, h); err != nil {
		t.Error(err)
	}
}

func TestPeerResets(t *testing.T) {
	for _, when := range []string{"before", "while pending"} {
		t.Run(when, func(t *testing.T) {
			rt := nettest.NewRuntime(t)
			s, c := connect(t, rt)
			c.SetLinger(0)
			if when == "before" {
				c.Close()
				time.Sleep(20 * time.Millisecond)
			}
			h := executor.Do(rt, func(co *coro.Co) error {
				_, err := s.Read(co, make([]byte, 10))
				wantIs(t, err, "read", syscall.ECONNRESET)
				_, err = s.Write(co, make([]byte, 10))
				wantIs(t, err, "write", afterReset)
				return nil
			})
			nettest.Settle(rt)
			c.Close()
			if err := nettest.Finish(t, h); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSetLingerZeroResetsPeer(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, c := connect(t, rt)
	if err := s.SetLinger(0); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, connReset) {
		t.Errorf("the peer got %v", err)
	}
}

// Regression: errors and hang-ups were dropped.
func TestHangUpWakesBothDirections(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, c := connect(t, rt)
	s.SetWriteBuffer(16 << 10)
	w := executor.Do(rt, func(co *coro.Co) error {
		_, err := s.Write(co, make([]byte, 8<<20))
		return err
	})
	r := executor.Do(rt, func(co *coro.Co) error {
		_, err := s.Read(co, make([]byte, 1))
		return err
	})
	nettest.Settle(rt)
	c.SetLinger(0)
	c.Close()
	werr, rerr := nettest.Finish(t, w), nettest.Finish(t, r)
	for _, err := range []error{werr, rerr} {
		if err == nil || err != io.EOF && !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
			t.Errorf("got %v", err)
		}
	}
	if !errors.Is(werr, syscall.ECONNRESET) && !errors.Is(rerr, syscall.ECONNRESET) {
		t.Errorf("neither was told of the reset: %v, %v", werr, rerr)
	}
}

func TestCloseEndsWhatIsWaiting(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, _ := connect(t, rt)
	s.SetWriteBuffer(16 << 10)
	ops := map[string]func(co *coro.Co) error{
		"read":     func(co *coro.Co) error { _, err := s.Read(co, make([]byte, 1)); return err },
		"write":    func(co *coro.Co) error { _, err := s.Write(co, make([]byte, 8<<20)); return err },
		"readable": func(co *coro.Co) error { return s.WaitReadable(co) },
	}
	hs := map[string]nettest.Handle{}
	for name, op := range ops {
		hs[name] = executor.Do(rt, op)
	}
	nettest.Settle(rt)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for name, h := range hs {
		op := name
		if op == "readable" {
			op = "read"
		}
		wantIs(t, nettest.Finish(t, h), op, net.ErrClosed)
	}
}

func TestEverythingAfterCloseSaysClosed(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, _ := connect(t, rt)
	remote := s.RemoteAddr().String()
	raw, err := s.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	wantIs(t, s.Close(), "close", net.ErrClosed)
	wantIs(t, s.CloseRead(), "close", net.ErrClosed)
	wantIs(t, s.CloseWrite(), "close", net.ErrClosed)
	wantIs(t, s.SetNoDelay(true), "set", net.ErrClosed)
	wantIs(t, s.SetDeadline(time.Now()), "set", net.ErrClosed)
	wantIs(t, raw.Control(func(uintptr) { t.Error("called on a closed descriptor") }), "raw-control", net.ErrClosed)
	wantIs(t, raw.Read(func(uintptr) bool { t.Error("called on a closed descriptor"); return true }), "raw-read", net.ErrClosed)
	_, err = s.SyscallConn()
	wantIs(t, err, "raw", net.ErrClosed)
	nettest.Do(t, rt, func(co *coro.Co) error {
		_, err := s.Read(co, make([]byte, 1))
		wantIs(t, err, "read", net.ErrClosed)
		_, err = s.Read(co, nil)
		wantIs(t, err, "read", net.ErrClosed)
		_, err = s.Write(co, make([]byte, 1))
		wantIs(t, err, "write", net.ErrClosed)
		wantIs(t, s.WaitReadable(co), "read", net.ErrClosed)
		return nil
	})
	if got := s.RemoteAddr().String(); got != remote {
		t.Errorf("remote address after Close is %s, was %s", got, remote)
	}
	if s.LocalAddr() == nil {
		t.Error("local address after Close is nil")
	}
}

func TestSplit(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, c := connect(t, rt)
	r, w := s.Split()
	h := executor.Do(rt, func(co *coro.Co) error {
		defer w.Close()
		_, err := stream.Copy(co, w, r)
		return err
	})
	c.Write([]byte("through both"))
	c.CloseWrite()
	if got, err := io.ReadAll(c); string(got) != "through both" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if err := nettest.Finish(t, h); err != nil {
		t.Error(err)
	}
	wantIs(t, w.Close(), "close", net.ErrClosed)
	nettest.Do(t, rt, func(co *coro.Co) error {
		_, err := w.Write(co, []byte("x"))
		wantIs(t, err, "write", net.ErrClosed)
		return nil
	})
	if err := s.SetNoDelay(true); err != nil {
		t.Error("closed with its first half:", err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	wantIs(t, r.Close(), "close", net.ErrClosed)
	wantIs(t, s.Close(), "close", net.ErrClosed)
}

func TestClosingHalfEndsItsWaiters(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, c := connect(t, rt)
	s.SetWriteBuffer(16 << 10)
	r, w := s.Split()
	rh := executor.Do(rt, func(co *coro.Co) error { _, err := r.Read(co, make([]byte, 1)); return err })
	wh := executor.Do(rt, func(co *coro.Co) error { _, err := w.Write(co, make([]byte, 8<<20)); return err })
	nettest.Settle(rt)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	wantIs(t, nettest.Finish(t, rh), "read", net.ErrClosed)
	if wh.Finished() {
		t.Error("the other half ended too")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	wantIs(t, nettest.Finish(t, wh), "write", net.ErrClosed)
	io.Copy(io.Discard, c)
}

// Close races with reads and writes on other goroutines' runtimes: nothing may touch a descriptor
// that belongs to another file by then. Each round opens files that would take the freed numbers.
func TestCloseRacesWithOperations(t *testing.T) {
	rt1, rt2 := nettest.NewRuntime(t), nettest.NewRuntime(t)
	for range 200 {
		s, c := connect(t, rt1)
		go c.Write([]byte("xxxxxxxxxxxxxxxxxxxx"))
		body := func(co *coro.Co) error {
			for {
				if _, err := s.Read(co, make([]byte, 1)); err != nil {
					return err
				}
				if _, err := s.Write(co, make([]byte, 1)); err != nil {
					return err
				}
			}
		}
		h1, h2 := executor.Do(rt1, body), executor.Do(rt2, body)
		time.Sleep(time.Duration(rand.IntN(200)) * time.Microsecond)
		s.Close()
		f, err := os.CreateTemp("", "")
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range []nettest.Handle{h1, h2} {
			if err := nettest.Finish(t, h); !errors.Is(err, net.ErrClosed) {
				t.Error(err)
			}
		}
		if info, err := f.Stat(); err != nil || info.Size() != 0 {
			t.Fatalf("a stream wrote to another file: %v, %v", info, err)
		}
		f.Close()
		os.Remove(f.Name())
		c.Close()
	}
}
