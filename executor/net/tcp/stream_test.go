package tcp_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"github.com/moduvex/moduvex-go/reactor"
)

// pollEcho is the echo of one connection in poll style.
type pollEcho struct {
	s   *tcp.Stream
	buf []byte
	out []byte // read and not yet written
}

func (e *pollEcho) Poll(cx *core.Context) (error, bool) {
	for {
		for len(e.out) > 0 {
			n, ready, err := e.s.PollWrite(cx, e.out)
			if !ready {
				return nil, false
			}
			if err != nil {
				return err, true
			}
			e.out = e.out[n:]
		}
		n, ready, err := e.s.PollRead(cx, e.buf)
		switch {
		case !ready:
			return nil, false
		case err == io.EOF:
			return e.s.CloseWrite(), true
		case err != nil:
			return err, true
		}
		e.out = e.buf[:n]
	}
}

func (e *pollEcho) Drop() { e.s.Close() }

func directEcho(co *coro.Co, s *tcp.Stream) error {
	if _, err := s.WriteTo(co, s); err != nil {
		return err
	}
	return s.CloseWrite()
}

func TestEcho(t *testing.T) {
	styles := map[string]func(rt *executor.Runtime, s *tcp.Stream) func(testing.TB) error{
		"direct": func(rt *executor.Runtime, s *tcp.Stream) func(testing.TB) error {
			h := start(rt, func(co *coro.Co) error { return directEcho(co, s) })
			return func(tb testing.TB) error { return finish(tb, h) }
		},
		"poll": func(rt *executor.Runtime, s *tcp.Stream) func(testing.TB) error {
			h := executor.Spawn[error](rt, &pollEcho{s: s, buf: make([]byte, 4096)})
			return func(tb testing.TB) error {
				return finish(tb, start(rt, func(co *coro.Co) error {
					err, jerr := h.Join(co)
					return errors.Join(err, jerr)
				}))
			}
		},
	}
	for name, serve := range styles {
		t.Run(name, func(t *testing.T) {
			rt := newRuntime(t)
			s, c := connect(t, rt)
			join := serve(rt, s)
			for _, size := range []int{1, 4095, 4096, 4097, 5 << 20} {
				msg := random(size)
				go c.Write(msg)
				got := make([]byte, size)
				if _, err := io.ReadFull(c, got); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, msg) {
					t.Fatalf("%d bytes came back changed", size)
				}
			}
			c.CloseWrite() // and the echo closes its side
			if rest, err := io.ReadAll(c); err != nil || len(rest) != 0 {
				t.Errorf("after the end: %q, %v", rest, err)
			}
			if err := join(t); err != nil {
				t.Error(err)
			}
		})
	}
}

func random(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{byte(n)})
	r.Read(b)
	return b
}

func TestReadReturnsWhatThereIs(t *testing.T) {
	rt := newRuntime(t)
	s, c := connect(t, rt)
	c.Write([]byte("hello"))
	do(t, rt, func(co *coro.Co) error {
		buf := make([]byte, 100)
		n, err := s.Read(co, buf)
		if err != nil || string(buf[:n]) != "hello" {
			return fmt.Errorf("read %q, %v", buf[:n], err)
		}
		return nil
	})
}

func TestShortReadClearsReadinessAndLosesNothing(t *testing.T) {
	rt := newRuntime(t)
	s, c := connect(t, rt)
	const rounds = 2000
	h := start(rt, func(co *coro.Co) error {
		buf := make([]byte, 64) // more than a message: each read is short
		for i := 0; i < rounds; {
			n, err := s.Read(co, buf)
			if err != nil {
				return err
			}
			for _, b := range buf[:n] {
				if b != byte(i) {
					return fmt.Errorf("byte %d is %d", i, b)
				}
				i++
			}
			if _, err := s.Write(co, buf[:n]); err != nil {
				return err
			}
		}
		return nil
	})
	one := make([]byte, 1)
	for i := range rounds {
		c.Write([]byte{byte(i)})
		c.SetReadDeadline(time.Now().Add(patience))
		if _, err := io.ReadFull(c, one); err != nil {
			t.Fatal(i, err)
		}
	}
	if err := finish(t, h); err != nil {
		t.Fatal(err)
	}
}

func TestWritesWaitForRoom(t *testing.T) {
	rt := newRuntime(t)
	s, c := connect(t, rt)
	msg := random(20 << 20)
	h := start(rt, func(co *coro.Co) error {
		n, err := s.Write(co, msg)
		if err == nil && n != len(msg) {
			err = io.ErrShortWrite
		}
		s.Close()
		return err
	})
	time.Sleep(20 * time.Millisecond) // so that it has to wait
	if h.Finished() {
		t.Fatal("20 MiB went into a socket that nobody reads")
	}
	got, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	if sha256.Sum256(got) != sha256.Sum256(msg) {
		t.Error("what came is not what was sent")
	}
	if err := finish(t, h); err != nil {
		t.Error(err)
	}
}

func TestWriteThenCloseDelivers(t *testing.T) {
	rt := newRuntime(t)
	for range 50 {
		s, c := connect(t, rt)
		do(t, rt, func(co *coro.Co) error {
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

func TestZeroLengthReadAndWriteDoNotWait(t *testing.T) {
	rt := newRuntime(t)
	s, _ := connect(t, rt)
	do(t, rt, func(co *coro.Co) error {
		for _, b := range [][]byte{nil, {}} {
			if n, err := s.Read(co, b); n != 0 || err != nil {
				return fmt.Errorf("read: %d, %v", n, err)
			}
			if n, err := s.Write(co, b); n != 0 || err != nil {
				return fmt.Errorf("write: %d, %v", n, err)
			}
		}
		return nil
	})
}

func TestHalfClose(t *testing.T) {
	t.Run("write", func(t *testing.T) {
		rt := newRuntime(t)
		s, c := connect(t, rt)
		do(t, rt, func(co *coro.Co) error {
			s.Write(co, []byte("last words"))
			return s.CloseWrite()
		})
		if got, err := io.ReadAll(c); string(got) != "last words" || err != nil {
			t.Errorf("the peer read %q, %v", got, err)
		}
		c.Write([]byte("answer"))
		c.Close()
		do(t, rt, func(co *coro.Co) error {
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
		rt := newRuntime(t)
		s, c := connect(t, rt)
		c.Write([]byte("before"))
		h := start(rt, func(co *coro.Co) error {
			buf := make([]byte, 100)
			if n, err := s.Read(co, buf); string(buf[:n]) != "before" || err != nil {
				return fmt.Errorf("read %q, %v", buf[:n], err)
			}
			if _, err := s.Read(co, buf); err != io.EOF { // waits until CloseRead
				return fmt.Errorf("want io.EOF, got %v", err)
			}
			_, err := s.Write(co, []byte("x"))
			return err
		})
		settle(rt)
		if err := s.CloseRead(); err != nil {
			t.Fatal(err)
		}
		if err := finish(t, h); err != nil {
			t.Error(err)
		}
	})
}

func TestPeerEndsStream(t *testing.T) {
	rt := newRuntime(t)
	s, c := connect(t, rt)
	h := start(rt, func(co *coro.Co) error {
		for range 3 { // the end is not consumed
			if n, err := s.Read(co, make([]byte, 10)); n != 0 || err != io.EOF {
				return fmt.Errorf("read: %d, %v", n, err)
			}
		}
		return nil
	})
	settle(rt)
	c.Close()
	if err := finish(t, h); err != nil {
		t.Error(err)
	}
}

func TestPeerResets(t *testing.T) {
	for _, when := range []string{"before", "while pending"} {
		t.Run(when, func(t *testing.T) {
			rt := newRuntime(t)
			s, c := connect(t, rt)
			c.SetLinger(0)
			if when == "before" {
				c.Close()
				time.Sleep(20 * time.Millisecond)
			}
			h := start(rt, func(co *coro.Co) error {
				_, err := s.Read(co, make([]byte, 10))
				wantIs(t, err, "read", syscall.ECONNRESET)
				_, err = s.Write(co, make([]byte, 10))
				wantIs(t, err, "write", syscall.EPIPE)
				return nil
			})
			settle(rt)
			c.Close()
			if err := finish(t, h); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSetLingerZeroResetsPeer(t *testing.T) {
	rt := newRuntime(t)
	s, c := connect(t, rt)
	if err := s.SetLinger(0); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the peer got %v", err)
	}
}

// Regression: one waiter in each direction, of two one hung.
func TestSeveralTasksReadOneStream(t *testing.T) {
	rt := newRuntime(t)
	s, c := connect(t, rt)
	const readers = 20
	var hs []handle
	for range readers {
		hs = append(hs, start(rt, func(co *coro.Co) error {
			_, err := s.Read(co, make([]byte, 1))
			return err
		}))
	}
	settle(rt)
	for range readers {
		c.Write([]byte("x"))
	}
	for _, h := range hs {
		if err := finish(t, h); err != nil {
			t.Error(err)
		}
	}
}

// Regression: readable and writable replaced each other's interest.
func TestReadAndWriteWaitTogether(t *testing.T) {
	rt := newRuntime(t)
	s, c := connect(t, rt)
	w := start(rt, func(co *coro.Co) error {
		_, err := s.Write(co, make([]byte, 20<<20))
		return err
	})
	r := start(rt, func(co *coro.Co) error {
		_, err := s.Read(co, make([]byte, 1))
		return err
	})
	settle(rt)
	c.Write([]byte("x"))
	if err := finish(t, r); err != nil {
		t.Error(err)
	}
	if w.Finished() {
		t.Error("the write is over though nobody has read")
	}
	io.CopyN(io.Discard, c, 20<<20)
	if err := finish(t, w); err != nil {
		t.Error(err)
	}
}

// Regression: errors and hang-ups were dropped.
func TestHangUpWakesBothDirections(t *testing.T) {
	rt := newRuntime(t)
	s, c := connect(t, rt)
	s.SetWriteBuffer(16 << 10)
	w := start(rt, func(co *coro.Co) error {
		_, err := s.Write(co, make([]byte, 8<<20))
		return err
	})
	r := start(rt, func(co *coro.Co) error {
		_, err := s.Read(co, make([]byte, 1))
		return err
	})
	settle(rt)
	c.SetLinger(0)
	c.Close()
	werr, rerr := finish(t, w), finish(t, r)
	for _, err := range []error{werr, rerr} {
		if err == nil || err != io.EOF && !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
			t.Errorf("got %v", err)
		}
	}
	if !errors.Is(werr, syscall.ECONNRESET) && !errors.Is(rerr, syscall.ECONNRESET) {
		t.Errorf("neither was told of the reset: %v, %v", werr, rerr)
	}
}

// Regression: any second poll of readable reported ready.
func TestReadableOnlyWhileThereIsSomething(t *testing.T) {
	rt := newRuntime(t)
	s, c := connect(t, rt)
	var ready atomic.Int32
	h := start(rt, func(co *coro.Co) error {
		buf := make([]byte, 10)
		for {
			if err := s.WaitReadable(co); err != nil {
				return err
			}
			ready.Add(1)
			if n, err := s.Read(co, buf); err != nil || n != 2 {
				return err
			}
			for range 10 { // spurious wakes
				if err := co.Yield(); err != nil {
					return err
				}
			}
		}
	})
	for i := range int32(5) {
		for end := time.Now().Add(patience); ready.Load() < i && time.Now().Before(end); {
			time.Sleep(time.Millisecond)
		}
		settle(rt)
		if got := ready.Load(); got != i {
			t.Fatalf("readable %d times after %d messages", got, i)
		}
		c.Write([]byte("ab"))
	}
	settle(rt)
	c.Close()
	if err := finish(t, h); err != io.EOF {
		t.Error(err)
	}
}

func TestWaitWritable(t *testing.T) {
	rt := newRuntime(t)
	s, c := connect(t, rt)
	do(t, rt, func(co *coro.Co) error { return s.WaitWritable(co) })
	s.SetWriteBuffer(16 << 10)
	var full atomic.Bool
	w := start(rt, func(co *coro.Co) error {
		for n := 1; n > 0; { // the peer's buffer grows a while
			var err error
			s.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
			if n, err = s.Write(co, make([]byte, 8<<20)); !errors.Is(err, os.ErrDeadlineExceeded) {
				return fmt.Errorf("the buffers are not full: %v", err)
			}
		}
		s.SetWriteDeadline(time.Time{})
		full.Store(true)
		return s.WaitWritable(co)
	})
	for !full.Load() {
		time.Sleep(time.Millisecond)
	}
	settle(rt)
	if w.Finished() {
		t.Error("writable while the buffer is full")
	}
	go io.Copy(io.Discard, c)
	if err := finish(t, w); err != nil {
		t.Error(err)
	}
}

func TestCloseEndsWhatIsWaiting(t *testing.T) {
	rt := newRuntime(t)
	s, _ := connect(t, rt)
	s.SetWriteBuffer(16 << 10)
	ops := map[string]func(co *coro.Co) error{
		"read":     func(co *coro.Co) error { _, err := s.Read(co, make([]byte, 1)); return err },
		"write":    func(co *coro.Co) error { _, err := s.Write(co, make([]byte, 8<<20)); return err },
		"readable": func(co *coro.Co) error { return s.WaitReadable(co) },
	}
	hs := map[string]handle{}
	for name, op := range ops {
		hs[name] = start(rt, op)
	}
	settle(rt)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for name, h := range hs {
		op := name
		if op == "readable" {
			op = "read"
		}
		wantIs(t, finish(t, h), op, net.ErrClosed)
	}
}

func TestEverythingAfterCloseSaysClosed(t *testing.T) {
	rt := newRuntime(t)
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
	do(t, rt, func(co *coro.Co) error {
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

func TestAbortEndsWaitAndLeavesNothing(t *testing.T) {
	rt := newRuntime(t)
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
		h := start(rt, func(co *coro.Co) error {
			got = op.f(co)
			return got
		})
		settle(rt)
		h.Abort()
		if err := finish(t, h); !errors.Is(err, core.ErrCancelled) {
			t.Errorf("%s: the join says %v", op.name, err)
		}
		wantIs(t, got, op.name, core.ErrCancelled)
		if n := s.Waiters(op.d); n != 0 {
			t.Errorf("%s: %d waiters are left", op.name, n)
		}
	}
}

// A body that has ignored as many errors as it may, and waits behind a shield that no longer holds,
// is unwound by force in the middle of its wait.
func TestForcedUnwindingLeavesNoWaiter(t *testing.T) {
	rt, other := newRuntime(t), newRuntime(t)
	s, _ := connect(t, rt)
	read := func(co *coro.Co) error { _, err := s.Read(co, make([]byte, 1)); return err }
	first := start(other, read) // so that the registration is one that lives on
	settle(other)
	first.Abort()
	finish(t, first)
	h := start(rt, func(co *coro.Co) error {
		for range 64 {
			if read(co) == nil {
				t.Error("read nothing without an error")
			}
		}
		err := coro.Shield(co, read)
		t.Error("not unwound by force:", err)
		return err
	})
	settle(rt)
	h.Abort()
	settle(rt)
	if h.Finished() {
		t.Fatal("it did not wait behind its shield")
	}
	rt.Close()
	if err := finish(t, h); !errors.Is(err, core.ErrCancelled) {
		t.Error(err)
	}
	if n := s.Waiters(reactor.Read); n != 0 {
		t.Errorf("%d waiters are left", n)
	}
}

func TestScopeEndsRead(t *testing.T) {
	rt := newRuntime(t)
	s, c := connect(t, rt)
	cause := errors.New("changed my mind")
	do(t, rt, func(co *coro.Co) error {
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
	rt := newRuntime(t)
	s, _ := connect(t, rt)
	h := executor.Spawn[struct{}](rt, &reading{s: s})
	settle(rt)
	h.Abort()
	finish(t, h)
	if n := s.Waiters(reactor.Read); n != 0 {
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

func TestBudgetMakesReaderYield(t *testing.T) {
	rt := newRuntime(t)
	s, c := connect(t, rt)
	c.Write(make([]byte, 10*core.DefaultBudget))
	time.Sleep(10 * time.Millisecond)
	do(t, rt, func(co *coro.Co) error {
		other := false
		executor.Go(co, func(co *coro.Co) (struct{}, error) { other = true; return struct{}{}, nil })
		for i := range 10 * core.DefaultBudget {
			if _, err := s.Read(co, make([]byte, 1)); err != nil {
				return err
			}
			if i > core.DefaultBudget && !other {
				return errors.New("nobody else has had a turn")
			}
		}
		return nil
	})
}

func TestNoReactorIsAnError(t *testing.T) {
	l, err := tcp.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	host := coretest.New(1)
	defer host.Close()
	cx := host.Context()
	cx.Begin(core.WakerFunc(func() {}))
	_, ready, err := l.PollAccept(cx)
	if !ready {
		t.Fatal("pending for ever")
	}
	wantIs(t, err, "accept", tcp.ErrNoReactor)
}

func TestStreamOutlivesItsRuntime(t *testing.T) {
	rt, first := newRuntime(t), newRuntime(t)
	s, c := connect(t, first)
	h := start(first, func(co *coro.Co) error { return s.WaitReadable(co) })
	settle(first)
	if !s.Registered() {
		t.Fatal("not registered while a task waits")
	}
	first.Close()
	finish(t, h)
	second := start(rt, func(co *coro.Co) error {
		_, err := s.Read(co, make([]byte, 1))
		return err
	})
	settle(rt)
	c.Write([]byte("x"))
	if err := finish(t, second); err != nil {
		t.Error(err)
	}
}

func TestSplit(t *testing.T) {
	rt := newRuntime(t)
	s, c := connect(t, rt)
	r, w := s.Split()
	h := start(rt, func(co *coro.Co) error {
		defer w.Close()
		_, err := tcp.Copy(co, w, r)
		return err
	})
	c.Write([]byte("through both"))
	c.CloseWrite()
	if got, err := io.ReadAll(c); string(got) != "through both" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if err := finish(t, h); err != nil {
		t.Error(err)
	}
	wantIs(t, w.Close(), "close", net.ErrClosed)
	do(t, rt, func(co *coro.Co) error {
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
	rt := newRuntime(t)
	s, c := connect(t, rt)
	s.SetWriteBuffer(16 << 10)
	r, w := s.Split()
	rh := start(rt, func(co *coro.Co) error { _, err := r.Read(co, make([]byte, 1)); return err })
	wh := start(rt, func(co *coro.Co) error { _, err := w.Write(co, make([]byte, 8<<20)); return err })
	settle(rt)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	wantIs(t, finish(t, rh), "read", net.ErrClosed)
	if wh.Finished() {
		t.Error("the other half ended too")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	wantIs(t, finish(t, wh), "write", net.ErrClosed)
	io.Copy(io.Discard, c)
}

func TestAddresses(t *testing.T) {
	rt := newRuntime(t)
	s, c := connect(t, rt)
	if got, want := s.RemoteAddr().String(), c.LocalAddr().String(); got != want {
		t.Errorf("remote is %s, want %s", got, want)
	}
	if got, want := s.LocalAddr().String(), c.RemoteAddr().String(); got != want {
		t.Errorf("local is %s, want %s", got, want)
	}
	if _, ok := s.RemoteAddr().(*net.TCPAddr); !ok {
		t.Errorf("%T", s.RemoteAddr())
	}
	if s.RemoteAddrPort().String() != c.LocalAddr().String() {
		t.Error(s.RemoteAddrPort())
	}
}

// Close races with reads and writes on other goroutines' runtimes: nothing may touch a descriptor
// that is somebody else's by then. Each round opens files that would take the freed numbers.
func TestCloseRacesWithOperations(t *testing.T) {
	rt1, rt2 := newRuntime(t), newRuntime(t)
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
		h1, h2 := start(rt1, body), start(rt2, body)
		time.Sleep(time.Duration(rand.IntN(200)) * time.Microsecond)
		s.Close()
		f, err := os.CreateTemp(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range []handle{h1, h2} {
			if err := finish(t, h); !errors.Is(err, net.ErrClosed) {
				t.Error(err)
			}
		}
		if info, err := f.Stat(); err != nil || info.Size() != 0 {
			t.Fatalf("somebody wrote to another file: %v, %v", info, err)
		}
		f.Close()
		c.Close()
	}
}
