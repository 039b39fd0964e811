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
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
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
			h := executor.Do(rt, func(co *coro.Co) error { return directEcho(co, s) })
			return func(tb testing.TB) error { return nettest.Finish(tb, h) }
		},
		"poll": func(rt *executor.Runtime, s *tcp.Stream) func(testing.TB) error {
			h := executor.Spawn[error](rt, &pollEcho{s: s, buf: make([]byte, 4096)})
			return func(tb testing.TB) error {
				return nettest.Finish(tb, executor.Do(rt, func(co *coro.Co) error {
					err, jerr := h.Join(co)
					return errors.Join(err, jerr)
				}))
			}
		},
	}
	for name, serve := range styles {
		t.Run(name, func(t *testing.T) {
			rt := nettest.NewRuntime(t)
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
	rt := nettest.NewRuntime(t)
	s, c := connect(t, rt)
	c.Write([]byte("hello"))
	nettest.Do(t, rt, func(co *coro.Co) error {
		buf := make([]byte, 100)
		n, err := s.Read(co, buf)
		if err != nil || string(buf[:n]) != "hello" {
			return fmt.Errorf("read %q, %v", buf[:n], err)
		}
		return nil
	})
}

func TestShortReadClearsReadinessAndLosesNothing(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, c := connect(t, rt)
	const rounds = 2000
	h := executor.Do(rt, func(co *coro.Co) error {
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
		c.SetReadDeadline(time.Now().Add(nettest.Timeout))
		if _, err := io.ReadFull(c, one); err != nil {
			t.Fatal(i, err)
		}
	}
	if err := nettest.Finish(t, h); err != nil {
		t.Fatal(err)
	}
}

func TestWritesWaitForRoom(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, c := connect(t, rt)
	msg := random(20 << 20)
	h := executor.Do(rt, func(co *coro.Co) error {
		n, err := s.Write(co, msg)
		if err == nil && n != len(msg) {
			err = io.ErrShortWrite
		}
		s.Close()
		return err
	})
	time.Sleep(20 * time.Millisecond) // so that it has to wait
	if h.Finished() {
		t.Fatal("20 MiB fit into a socket without a reader")
	}
	got, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	if sha256.Sum256(got) != sha256.Sum256(msg) {
		t.Error("what came is not what was sent")
	}
	if err := nettest.Finish(t, h); err != nil {
		t.Error(err)
	}
}

func TestZeroLengthReadAndWriteDoNotWait(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, _ := connect(t, rt)
	nettest.Do(t, rt, func(co *coro.Co) error {
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

// Regression: one waiter in each direction, of two one hung.
func TestSeveralTasksReadOneStream(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, c := connect(t, rt)
	const readers = 20
	var hs []nettest.Handle
	for range readers {
		hs = append(hs, executor.Do(rt, func(co *coro.Co) error {
			_, err := s.Read(co, make([]byte, 1))
			return err
		}))
	}
	nettest.Settle(rt)
	for range readers {
		c.Write([]byte("x"))
	}
	for _, h := range hs {
		if err := nettest.Finish(t, h); err != nil {
			t.Error(err)
		}
	}
}

// Regression: readable and writable replaced each other's interest.
func TestReadAndWriteWaitTogether(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, c := connect(t, rt)
	w := executor.Do(rt, func(co *coro.Co) error {
		_, err := s.Write(co, make([]byte, 20<<20))
		return err
	})
	r := executor.Do(rt, func(co *coro.Co) error {
		_, err := s.Read(co, make([]byte, 1))
		return err
	})
	nettest.Settle(rt)
	c.Write([]byte("x"))
	if err := nettest.Finish(t, r); err != nil {
		t.Error(err)
	}
	if w.Finished() {
		t.Error("the write is over without a read")
	}
	io.CopyN(io.Discard, c, 20<<20)
	if err := nettest.Finish(t, w); err != nil {
		t.Error(err)
	}
}

// Regression: any second poll of readable reported ready.
func TestReadableOnlyWhileThereIsSomething(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, c := connect(t, rt)
	var ready atomic.Int32
	h := executor.Do(rt, func(co *coro.Co) error {
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
	most := int32(1) // reports of a message
	if !sys.ShortIODrains {
		most = 2 // that there is no more, only another read tells
	}
	for i := range int32(5) {
		for end := time.Now().Add(nettest.Timeout); ready.Load() < i && time.Now().Before(end); {
			time.Sleep(time.Millisecond)
		}
		nettest.Settle(rt)
		if got := ready.Load(); got < i || got > i*most {
			t.Fatalf("readable %d times after %d messages", got, i)
		}
		c.Write([]byte("ab"))
	}
	nettest.Settle(rt)
	c.Close()
	if err := nettest.Finish(t, h); err != io.EOF {
		t.Error(err)
	}
}

func TestWaitWritable(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, c := connect(t, rt)
	nettest.Do(t, rt, func(co *coro.Co) error { return s.WaitWritable(co) })
	s.SetWriteBuffer(16 << 10)
	var full atomic.Bool
	// A write that moves nothing within its deadline shows that the buffers are full, unless the machine is so slow that the
	// deadline has passed before the write begins; and the peer's buffer grows for a while. So the test fills them again.
	fillAndWait := func(co *coro.Co) error {
		for n := 1; n > 0; {
			var err error
			s.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
			if n, err = s.Write(co, make([]byte, 8<<20)); !errors.Is(err, os.ErrDeadlineExceeded) {
				return fmt.Errorf("the buffers are not full: %v", err)
			}
		}
		s.SetWriteDeadline(time.Time{})
		full.Store(true)
		return s.WaitWritable(co)
	}
	var w nettest.Handle
	for range 50 {
		full.Store(false)
		w = executor.Do(rt, fillAndWait)
		for !full.Load() && !w.Finished() {
			time.Sleep(time.Millisecond)
		}
		nettest.Settle(rt)
		if !w.Finished() {
			break
		}
	}
	if w.Finished() {
		t.Error("writable while the buffer is full")
	}
	go io.Copy(io.Discard, c)
	if err := nettest.Finish(t, w); err != nil {
		t.Error(err)
	}
}

func TestBudgetMakesReaderYield(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, c := connect(t, rt)
	c.Write(make([]byte, 10*core.DefaultBudget))
	time.Sleep(10 * time.Millisecond)
	nettest.Do(t, rt, func(co *coro.Co) error {
		var other atomic.Bool // it may be on another worker
		executor.Do(co, func(co *coro.Co) error { other.Store(true); return nil })
		for i := range 10 * core.DefaultBudget {
			if _, err := s.Read(co, make([]byte, 1)); err != nil {
				return err
			}
			if i > core.DefaultBudget && !other.Load() && !modetest.Stealing() { // stolen, it may take its time
				return errors.New("no other task has been polled")
			}
		}
		return nil
	})
}

func TestAddresses(t *testing.T) {
	rt := nettest.NewRuntime(t)
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
