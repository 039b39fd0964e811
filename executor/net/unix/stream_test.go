package unix_test

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
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/unix"
	"github.com/moduvex/moduvex-go/reactor"
)

func random(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{byte(n)})
	r.Read(b)
	return b
}

// pollEcho sends back what it reads until the end, in poll style.
type pollEcho struct {
	s   *unix.Stream
	buf []byte
	out []byte
}

func (e *pollEcho) Poll(cx *core.Context) (error, bool) {
	for {
		for len(e.out) > 0 {
			n, ready, err := e.s.PollWrite(cx, e.out)
			if !ready || err != nil {
				return err, ready
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

func directEcho(co *coro.Co, s *unix.Stream) error {
	if _, err := s.WriteTo(co, s); err != nil {
		return err
	}
	return s.CloseWrite()
}

// connect makes a connection between a Stream and a net.UnixConn.
func connect(tb testing.TB, rt *executor.Runtime) (*unix.Stream, *net.UnixConn) {
	tb.Helper()
	l := listen(tb)
	defer l.Close()
	c, err := net.DialUnix("unix", nil, l.Addr().(*net.UnixAddr))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { c.Close() })
	var s *unix.Stream
	do(tb, rt, func(co *coro.Co) (err error) {
		s, err = l.Accept(co)
		return err
	})
	tb.Cleanup(func() { s.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return s, c
}

func TestEcho(t *testing.T) {
	for _, style := range []string{"direct", "poll"} {
		t.Run(style, func(t *testing.T) {
			rt := newRuntime(t)
			s, c := connect(t, rt)
			var h handle
			if style == "direct" {
				h = start(rt, func(co *coro.Co) error { return directEcho(co, s) })
			} else {
				p := executor.Spawn[error](rt, &pollEcho{s: s, buf: make([]byte, 4096)})
				h = start(rt, func(co *coro.Co) error {
					err, jerr := p.Join(co)
					return errors.Join(err, jerr)
				})
			}
			for _, size := range []int{1, 4095, 4096, 4097, 2 << 20} {
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
			c.CloseWrite()
			if rest, err := io.ReadAll(c); err != nil || len(rest) != 0 {
				t.Errorf("after the end: %q, %v", rest, err)
			}
			if err := finish(t, h); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestDialTalksToStandardListener(t *testing.T) {
	rt := newRuntime(t)
	path := temp(t) + "/s"
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	do(t, rt, func(co *coro.Co) error {
		s, err := unix.Dial(co, path)
		if err != nil {
			return err
		}
		defer s.Close()
		c, err := l.Accept()
		if err != nil {
			return err
		}
		defer c.Close()
		if s.RemoteAddr().String() != path || s.LocalAddr().String() != "" {
			t.Errorf("from %q to %q", s.LocalAddr(), s.RemoteAddr())
		}
		if _, err := s.Write(co, []byte("hello")); err != nil {
			return err
		}
		buf := make([]byte, 10)
		if n, err := c.Read(buf); string(buf[:n]) != "hello" || err != nil {
			return fmt.Errorf("it read %q, %w", buf[:n], err)
		}
		c.Write([]byte("hi"))
		return want(co, s, "hi")
	})
}

func TestWritesWaitForRoom(t *testing.T) {
	rt := newRuntime(t)
	a, b := streams(t)
	msg := random(5 << 20)
	w := start(rt, func(co *coro.Co) error {
		n, err := a.Write(co, msg)
		if err == nil && n != len(msg) {
			err = io.ErrShortWrite
		}
		a.Close()
		return err
	})
	settle(rt)
	if w.Finished() {
		t.Fatal("5 MiB went into a socket that nobody reads")
	}
	hash := sha256.New()
	do(t, rt, func(co *coro.Co) error {
		n, err := b.WriteTo(co, writerTo{hash})
		if err == nil && n != int64(len(msg)) {
			err = fmt.Errorf("%d bytes came", n)
		}
		return err
	})
	if want := sha256.Sum256(msg); !bytes.Equal(hash.Sum(nil), want[:]) {
		t.Error("what came is not what was sent")
	}
	if err := finish(t, w); err != nil {
		t.Error(err)
	}
}

// writerTo is a Writer that never waits.
type writerTo struct{ w io.Writer }

func (w writerTo) Write(_ *coro.Co, p []byte) (int, error) { return w.w.Write(p) }

func TestZeroLengthReadAndWriteDoNotWait(t *testing.T) {
	rt := newRuntime(t)
	a, _ := streams(t)
	do(t, rt, func(co *coro.Co) error {
		if n, err := a.Read(co, nil); n != 0 || err != nil {
			return fmt.Errorf("read: %d, %w", n, err)
		}
		if n, fds, err := a.ReadMsg(co, nil, nil); n != 0 || fds != 0 || err != nil {
			return fmt.Errorf("read: %d, %w", n, err)
		}
		if n, err := a.Write(co, nil); n != 0 || err != nil {
			return fmt.Errorf("write: %d, %w", n, err)
		}
		if n, err := a.WriteMsg(co, nil, nil); n != 0 || err != nil {
			return fmt.Errorf("write: %d, %w", n, err)
		}
		return nil
	})
}

// Regression: one waiter in each direction, of two one hung.
func TestSeveralTasksReadOneStream(t *testing.T) {
	rt := newRuntime(t)
	a, b := streams(t)
	const readers = 20
	var hs []handle
	for range readers {
		hs = append(hs, start(rt, func(co *coro.Co) error {
			_, err := b.Read(co, make([]byte, 1))
			return err
		}))
	}
	settle(rt)
	do(t, rt, func(co *coro.Co) error { _, err := a.Write(co, make([]byte, readers)); return err })
	for _, h := range hs {
		if err := finish(t, h); err != nil {
			t.Error(err)
		}
	}
}

func TestHalfClose(t *testing.T) {
	rt := newRuntime(t)
	a, b := streams(t)
	do(t, rt, func(co *coro.Co) error {
		a.Write(co, []byte("last"))
		if err := a.CloseWrite(); err != nil {
			return err
		}
		_, err := a.Write(co, []byte("x"))
		wantIs(t, err, "write", syscall.EPIPE)
		if err := want(co, b, "last"); err != nil {
			return err
		}
		for range 2 {
			if _, err := b.Read(co, make([]byte, 1)); err != io.EOF {
				return fmt.Errorf("read %w, want io.EOF", err)
			}
			if _, _, err := b.ReadMsg(co, make([]byte, 1), nil); err != io.EOF {
				return fmt.Errorf("read %w, want io.EOF", err)
			}
		}
		b.Write(co, []byte("back"))
		if err := want(co, a, "back"); err != nil {
			return err
		}
		if err := a.CloseRead(); err != nil {
			return err
		}
		_, err = b.Write(co, []byte("x"))
		wantIs(t, err, "write", syscall.EPIPE)
		return nil
	})
}

func TestSplit(t *testing.T) {
	rt := newRuntime(t)
	a, b := streams(t)
	r, w := a.Split()
	read := start(rt, func(co *coro.Co) error { _, err := r.Read(co, make([]byte, 1)); return err })
	settle(rt)
	do(t, rt, func(co *coro.Co) error {
		if _, err := w.Write(co, []byte("x")); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
		wantIs(t, w.Close(), "close", net.ErrClosed)
		_, err := w.Write(co, []byte("x"))
		wantIs(t, err, "write", net.ErrClosed)
		if err := want(co, b, "x"); err != nil {
			return err
		}
		if _, err := b.Read(co, make([]byte, 1)); err != io.EOF {
			return fmt.Errorf("read %w, want io.EOF", err)
		}
		return nil
	})
	if read.Finished() {
		t.Error("the end of writing ended reading")
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	wantIs(t, finish(t, read), "read", net.ErrClosed)
	wantIs(t, a.Close(), "close", net.ErrClosed) // with its halves
}

func TestDeadlines(t *testing.T) {
	rt := newRuntime(t)
	a, b := streams(t)
	do(t, rt, func(co *coro.Co) error {
		for _, op := range []func() error{
			func() error { _, err := b.Read(co, make([]byte, 1)); return err },
			func() error { _, _, err := b.ReadMsg(co, make([]byte, 1), nil); return err },
			func() error { return b.WaitReadable(co) },
		} {
			begin := time.Now()
			b.SetReadDeadline(begin.Add(5 * time.Millisecond))
			wantTimeout(t, op(), "read")
			if took := time.Since(begin); took < 5*time.Millisecond {
				t.Errorf("it took %v", took)
			}
			wantTimeout(t, op(), "read")
		}
		return b.SetReadDeadline(time.Time{})
	})
	var n int
	h := start(rt, func(co *coro.Co) (err error) { n, err = a.Write(co, make([]byte, 5<<20)); return err })
	do(t, rt, func(co *coro.Co) error { return b.WaitReadable(co) }) // so that something is written
	a.SetWriteDeadline(time.Now().Add(5 * time.Millisecond))
	wantTimeout(t, finish(t, h), "write")
	if n == 0 || n == 5<<20 {
		t.Errorf("it says that %d bytes were written", n)
	}
	do(t, rt, func(co *coro.Co) error {
		_, err := a.WriteMsg(co, []byte("x"), nil)
		wantTimeout(t, err, "write")
		_, err = b.Read(co, make([]byte, 1))
		return err
	})
}

func TestCloseEndsWhatWaits(t *testing.T) {
	rt := newRuntime(t)
	a, b := streams(t)
	var hs []handle
	for range 5 {
		hs = append(hs, start(rt, func(co *coro.Co) error { _, err := b.Read(co, make([]byte, 1)); return err }))
	}
	w := start(rt, func(co *coro.Co) error { _, err := b.Write(co, make([]byte, 5<<20)); return err })
	settle(rt)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	for _, h := range hs {
		wantIs(t, finish(t, h), "read", net.ErrClosed)
	}
	wantIs(t, finish(t, w), "write", net.ErrClosed)
	wantIs(t, b.Close(), "close", net.ErrClosed)
	wantIs(t, b.SetDeadline(time.Now()), "set", net.ErrClosed)
	_, err := b.PeerCredentials()
	wantIs(t, err, "get", net.ErrClosed)
	if _, err := b.SyscallConn(); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	a.Close()
}

// reading is a future that waits to read from a stream it does not own.
type reading struct {
	s *unix.Stream
	w core.Waker
}

func (r *reading) Poll(cx *core.Context) (struct{}, bool) {
	r.w = cx.Waker()
	_, _, ready, _ := r.s.PollReadMsg(cx, make([]byte, 1), nil)
	return struct{}{}, ready
}

func (r *reading) Drop() { r.s.Unwait(r.w, reactor.Read) }

func TestAbortLeavesNoWaiter(t *testing.T) {
	rt := newRuntime(t)
	_, b := streams(t)
	p := executor.Spawn[struct{}](rt, &reading{s: b})
	for _, op := range []func(co *coro.Co) error{
		func(co *coro.Co) error { _, err := b.Read(co, make([]byte, 1)); return err },
		func(co *coro.Co) error { _, _, err := b.ReadMsg(co, make([]byte, 1), nil); return err },
		func(co *coro.Co) error { return b.WaitReadable(co) },
	} {
		var got error
		h := start(rt, func(co *coro.Co) error { got = op(co); return got })
		settle(rt)
		h.Abort()
		p.Abort()
		finish(t, h)
		wantIs(t, got, "read", core.ErrCancelled)
		settle(rt)
		if n := b.Waiters(reactor.Read); n != 0 {
			t.Errorf("%d waiters are left", n)
		}
	}
}

// Regression: any second poll of readable reported ready.
func TestReadableOnlyWhileThereIsSomething(t *testing.T) {
	rt := newRuntime(t)
	a, b := streams(t)
	var ready atomic.Int32
	h := start(rt, func(co *coro.Co) error {
		for range 3 {
			if err := b.WaitReadable(co); err != nil {
				return err
			}
			ready.Add(1)
			if err := want(co, b, "ab"); err != nil {
				return err
			}
			// A unix socket is not known to be empty by a short read.
			b.SetReadDeadline(time.Now())
			if _, err := b.Read(co, make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
				return err
			}
			b.SetReadDeadline(time.Time{})
			if err := coro.WithTimeout(co, time.Millisecond, func(co *coro.Co) error {
				_, err := b.Read(co, make([]byte, 1))
				return err
			}); !errors.Is(err, core.ErrDeadlineExceeded) {
				return err
			}
		}
		return nil
	})
	for i := range int32(3) {
		for end := time.Now().Add(patience); ready.Load() < i && time.Now().Before(end); {
			time.Sleep(time.Millisecond)
		}
		settle(rt)
		if got := ready.Load(); got != i {
			t.Fatalf("readable %d times after %d messages", got, i)
		}
		do(t, rt, func(co *coro.Co) error { _, err := a.Write(co, []byte("ab")); return err })
	}
	if err := finish(t, h); err != nil {
		t.Error(err)
	}
}

func TestStreamOutlivesItsRuntime(t *testing.T) {
	rt, first := newRuntime(t), newRuntime(t)
	a, b := streams(t)
	h := start(first, func(co *coro.Co) error { return want(co, b, "x") })
	settle(first)
	first.Close()
	finish(t, h)
	second := start(rt, func(co *coro.Co) error { return want(co, b, "x") })
	settle(rt)
	do(t, rt, func(co *coro.Co) error { _, err := a.Write(co, []byte("x")); return err })
	if err := finish(t, second); err != nil {
		t.Error(err)
	}
}

func TestCredentials(t *testing.T) {
	rt := newRuntime(t)
	s, _ := connect(t, rt)
	a, _ := streams(t)
	for _, s := range []*unix.Stream{s, a} {
		c, err := s.PeerCredentials()
		if errors.Is(err, errors.ErrUnsupported) {
			t.Skip(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		if c.UID != os.Getuid() || c.GID != os.Getgid() || c.PID != 0 && c.PID != os.Getpid() {
			t.Errorf("%+v", c)
		}
	}
}
