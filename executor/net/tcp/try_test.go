package tcp_test

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

// eventually calls try until it reports that it did not block.
func eventually(tb testing.TB, what string, try func() (ok bool, err error)) error {
	tb.Helper()
	for end := time.Now().Add(nettest.Timeout); ; time.Sleep(time.Millisecond) {
		if ok, err := try(); ok || err != nil {
			return err
		}
		if time.Now().After(end) {
			tb.Fatalf("%s would still block", what)
		}
	}
}

// tryConnect makes a connection without a runtime, so that no end is registered.
func tryConnect(tb testing.TB, l *tcp.Listener) (s *tcp.Stream, c *net.TCPConn) {
	tb.Helper()
	c = dialPlain(tb, l).(*net.TCPConn)
	err := eventually(tb, "an accept", func() (ok bool, err error) { s, ok, err = l.TryAccept(); return ok, err })
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { s.Close() })
	return s, c
}

func TestTryNeedsNeitherTaskNorRuntime(t *testing.T) {
	if !modetest.First() {
		return
	}
	l := listen(t)
	if s, ok, err := l.TryAccept(); s != nil || ok || err != nil {
		t.Fatalf("accepted %v, %v, %v from an empty backlog", s, ok, err)
	}
	s, c := tryConnect(t, l)
	buf := make([]byte, 10)
	if n, ok, err := s.TryRead(buf); n != 0 || ok || err != nil {
		t.Fatalf("read %d, %v, %v from an empty stream", n, ok, err)
	}
	if n, ok, err := s.TryRead(nil); n != 0 || !ok || err != nil {
		t.Fatalf("an empty read: %d, %v, %v", n, ok, err)
	}
	c.Write([]byte("hello"))
	var n int
	err := eventually(t, "a read", func() (ok bool, err error) { n, ok, err = s.TryRead(buf); return ok, err })
	if err != nil || string(buf[:n]) != "hello" {
		t.Fatalf("read %q, %v", buf[:n], err)
	}
	c.Write([]byte("abcdef"))
	a, b := make([]byte, 4), make([]byte, 4)
	err = eventually(t, "a read", func() (ok bool, err error) { n, ok, err = s.TryReadBuffers([][]byte{a, b}); return ok, err })
	if err != nil || n != 6 || string(a)+string(b[:2]) != "abcdef" {
		t.Fatalf("read %d bytes %q %q, %v", n, a, b, err)
	}
	if n, ok, err := s.TryWrite([]byte("one ")); n != 4 || !ok || err != nil {
		t.Fatalf("wrote %d, %v, %v", n, ok, err)
	}
	bufs := net.Buffers{[]byte("two "), []byte("three")}
	if n, ok, err := s.TryWriteBuffers(&bufs); n != 9 || !ok || err != nil || len(bufs) != 0 {
		t.Fatalf("wrote %d, %v, %v, %d buffers are left", n, ok, err, len(bufs))
	}
	s.CloseWrite()
	if got, err := io.ReadAll(c); string(got) != "one two three" || err != nil {
		t.Errorf("the peer has read %q, %v", got, err)
	}
	c.Close()
	err = eventually(t, "a read", func() (ok bool, err error) { _, ok, err = s.TryRead(buf); return ok, err })
	if err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
}

func TestTryWriteWritesWhatThereIsRoomFor(t *testing.T) {
	if !modetest.First() {
		return
	}
	s, c := tryConnect(t, listen(t))
	data := make([]byte, 64<<20)
	written := 0
	for {
		n, ok, err := s.TryWrite(data[written:])
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		if written += n; n == 0 || written == len(data) {
			t.Fatalf("wrote %d bytes, and %d in all, to a peer that reads nothing", n, written)
		}
	}
	bufs := net.Buffers{data[:1]}
	if n, ok, err := s.TryWriteBuffers(&bufs); n != 0 || ok || err != nil || len(bufs) != 1 {
		t.Errorf("wrote %d, %v, %v", n, ok, err)
	}
	s.CloseWrite()
	if n, err := io.Copy(io.Discard, c); n != int64(written) || err != nil {
		t.Errorf("the peer has read %d bytes, %v; %d were written", n, err, written)
	}
}

func TestTryFailsAsTheOtherFormsDo(t *testing.T) {
	if !modetest.First() {
		return
	}
	l := listen(t)
	s, c := tryConnect(t, l)
	c.Write([]byte("x"))
	b := make([]byte, 1)
	bufs := net.Buffers{b}
	type outcome struct {
		op  string
		err error
	}
	tries := func() []outcome {
		_, _, read := s.TryRead(b)
		_, _, none := s.TryRead(nil)
		_, _, readv := s.TryReadBuffers(bufs)
		_, _, write := s.TryWrite(b)
		_, _, writev := s.TryWriteBuffers(&bufs)
		_, _, accept := l.TryAccept()
		return []outcome{{"read", read}, {"read", none}, {"read", readv}, {"write", write}, {"write", writev}, {"accept", accept}}
	}

	s.SetDeadline(time.Now().Add(-time.Second))
	l.SetDeadline(time.Now().Add(-time.Second))
	for _, o := range tries() {
		wantTimeout(t, o.err, o.op)
	}
	s.SetDeadline(time.Now().Add(long))
	l.SetDeadline(time.Time{})
	if err := eventually(t, "a read", func() (ok bool, err error) { _, ok, err = s.TryRead(b); return ok, err }); err != nil {
		t.Error(err)
	}

	r, w := s.Split()
	if _, ok, err := r.TryRead(b); ok || err != nil {
		t.Errorf("an empty stream: %v, %v", ok, err)
	}
	if _, ok, err := w.TryWrite(b); !ok || err != nil {
		t.Errorf("a write: %v, %v", ok, err)
	}
	r.Close()
	_, _, err := s.TryRead(b)
	wantIs(t, err, "read", net.ErrClosed)
	if _, ok, err := s.TryWrite(b); !ok || err != nil {
		t.Errorf("the other half: %v, %v", ok, err)
	}
	w.Close()
	l.Close()
	for _, o := range tries() {
		wantIs(t, o.err, o.op, net.ErrClosed)
	}
}

// A try that would block clears the cached readiness, so that a task that waits after it sleeps; and what a try takes
// does not keep later bytes from waking the task.
func TestTryKeepsTheCachedReadinessTrue(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, c := connect(t, rt)
	b := make([]byte, 1)
	for range 20 {
		h := executor.Do(rt, func(co *coro.Co) error { return s.WaitReadable(co) })
		nettest.Settle(rt)
		if h.Finished() {
			t.Fatalf("readable without a byte: %v", nettest.Finish(t, h))
		}
		c.Write([]byte("x"))
		if err := nettest.Finish(t, h); err != nil {
			t.Fatal(err)
		}
		if n, ok, err := s.TryRead(b); n != 1 || !ok || err != nil {
			t.Fatalf("read %d, %v, %v", n, ok, err)
		}
		if n, ok, err := s.TryRead(b); n != 0 || ok || err != nil { // clears it
			t.Fatalf("read %d, %v, %v", n, ok, err)
		}
	}
}

// The first task that waits registers a Stream of TryAccept.
func TestTryAcceptRegistersNothing(t *testing.T) {
	rt := nettest.NewRuntime(t)
	before := rt.Stats().Registrations
	s, c := tryConnect(t, listen(t))
	if now := rt.Stats().Registrations; now != before {
		t.Errorf("%d registrations, %d before", now, before)
	}
	h := executor.Do(rt, func(co *coro.Co) error {
		_, err := s.Read(co, make([]byte, 1))
		return err
	})
	nettest.Settle(rt)
	if now := rt.Stats().Registrations; now != before+1 {
		t.Errorf("%d registrations, %d before", now, before)
	}
	c.Write([]byte("x"))
	if err := nettest.Finish(t, h); err != nil {
		t.Error(err)
	}
}

// Tries on goroutines and accepts in tasks take connections from one listener: none is lost.
func TestTryAcceptBesideTasksThatAccept(t *testing.T) {
	rt := nettest.NewRuntime(t)
	l := listen(t)
	const n = 60
	accepted := make(chan *tcp.Stream, n)
	var hs []nettest.Handle
	for range 3 {
		hs = append(hs, executor.Do(rt, func(co *coro.Co) error {
			for {
				s, err := l.Accept(co)
				if err != nil {
					return err
				}
				accepted <- s
			}
		}))
	}
	for range n {
		dialPlain(t, l)
		if s, ok, err := l.TryAccept(); err != nil {
			t.Fatal(err)
		} else if ok {
			accepted <- s
		}
	}
	for range n {
		select {
		case s := <-accepted:
			s.Close()
		case <-time.After(nettest.Timeout):
			t.Fatal("a connection was lost")
		}
	}
	l.Close()
	for _, h := range hs {
		wantIs(t, nettest.Finish(t, h), "accept", net.ErrClosed)
	}
}

func TestTryAllocatesNothing(t *testing.T) {
	if !modetest.First() {
		return
	}
	s, c := tryConnect(t, listen(t))
	b := make([]byte, 8)
	got := make([]byte, 8)
	if n := testing.AllocsPerRun(100, func() {
		if n, _, err := s.TryWrite(b); n != len(b) || err != nil {
			t.Fatal(n, err)
		}
		io.ReadFull(c, got)
		s.TryRead(b)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
