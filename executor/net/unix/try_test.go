package unix_test

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/unix"
)

// trier has the tries that all kinds of sockets have.
type trier interface {
	TryRead(b []byte) (n int, ok bool, err error)
	TryWrite(b []byte) (n int, ok bool, err error)
	TryReadMsg(b []byte, fds []int) (n, nfds int, ok bool, err error)
	TryWriteMsg(b []byte, fds []int) (n int, ok bool, err error)
	SetDeadline(time.Time) error
	Close() error
}

func TestTryMovesBytesAndDescriptors(t *testing.T) {
	if !modetest.First() {
		return
	}
	sa, sb := streams(t)
	qa, qb := seqpackets(t)
	da, db := datagrams(t)
	for kind, pair := range map[string][2]trier{"stream": {sa, sb}, "seqpacket": {qa, qb}, "datagram": {da, db}} {
		a, b := pair[0], pair[1]
		buf, fds := make([]byte, 10), make([]int, 2)
		if n, ok, err := b.TryRead(buf); n != 0 || ok || err != nil {
			t.Errorf("%s: read nothing: %d, %v, %v", kind, n, ok, err)
		}
		if _, _, ok, err := b.TryReadMsg(buf, fds); ok || err != nil {
			t.Errorf("%s: read nothing: %v, %v", kind, ok, err)
		}
		if n, ok, err := a.TryWrite([]byte("hello")); n != 5 || !ok || err != nil {
			t.Errorf("%s: write: %d, %v, %v", kind, n, ok, err)
		}
		if p, ok := b.(interface {
			TryPeek([]byte) (int, bool, error)
		}); ok {
			if n, ok, err := p.TryPeek(buf); string(buf[:n]) != "hello" || !ok || err != nil {
				t.Errorf("%s: peek: %q, %v, %v", kind, buf[:n], ok, err)
			}
		}
		if n, ok, err := b.TryRead(buf); string(buf[:n]) != "hello" || !ok || err != nil {
			t.Errorf("%s: read: %q, %v, %v", kind, buf[:n], ok, err)
		}
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		n, ok, err := a.TryWriteMsg([]byte("x"), []int{int(w.Fd())})
		w.Close()
		if n != 1 || !ok || err != nil {
			t.Errorf("%s: write with a descriptor: %d, %v, %v", kind, n, ok, err)
		}
		n, nfds, ok, err := b.TryReadMsg(buf, fds)
		if n != 1 || nfds != 1 || !ok || err != nil {
			t.Fatalf("%s: read with a descriptor: %d, %d, %v, %v", kind, n, nfds, ok, err)
		}
		w = os.NewFile(uintptr(fds[0]), "w")
		w.Write([]byte("through"))
		w.Close()
		if got, err := io.ReadAll(r); string(got) != "through" || err != nil {
			t.Errorf("%s: the descriptor that was passed: %q, %v", kind, got, err)
		}
		r.Close()

		a.TryWrite([]byte("y"))
		b.SetDeadline(time.Now().Add(-time.Second))
		_, _, err = b.TryRead(buf)
		wantTimeout(t, err, "read")
		_, _, _, err = b.TryReadMsg(buf, fds)
		wantTimeout(t, err, "read")
		_, _, err = b.TryWrite(buf)
		wantTimeout(t, err, "write")
		_, _, err = b.TryWriteMsg(buf, nil)
		wantTimeout(t, err, "write")
		b.SetDeadline(time.Time{})
		if n, ok, err := b.TryRead(buf); n != 1 || !ok || err != nil {
			t.Errorf("%s: without a deadline: %d, %v, %v", kind, n, ok, err)
		}
		b.Close()
		_, _, err = b.TryRead(buf)
		wantIs(t, err, "read", net.ErrClosed)
		_, _, err = b.TryWriteMsg(buf, nil)
		wantIs(t, err, "write", net.ErrClosed)
	}
}

func TestTryMovesBuffersOfAStream(t *testing.T) {
	if !modetest.First() {
		return
	}
	a, b := streams(t)
	bufs := net.Buffers{[]byte("abc"), []byte("def")}
	if n, ok, err := a.TryWriteBuffers(&bufs); n != 6 || !ok || err != nil || len(bufs) != 0 {
		t.Fatalf("wrote %d, %v, %v", n, ok, err)
	}
	x, y := make([]byte, 4), make([]byte, 4)
	if n, ok, err := b.TryReadBuffers([][]byte{x, y}); n != 6 || !ok || err != nil || string(x)+string(y[:2]) != "abcdef" {
		t.Fatalf("read %d, %v, %v", n, ok, err)
	}
	r, _ := b.Split()
	if _, ok, err := r.TryRead(x); ok || err != nil {
		t.Errorf("read nothing: %v, %v", ok, err)
	}
	_, w := a.Split()
	if _, ok, err := w.TryWrite(x); !ok || err != nil {
		t.Errorf("write: %v, %v", ok, err)
	}
	a.Close()
	for _, want := range []error{nil, io.EOF} {
		if _, ok, err := r.TryRead(x); !ok || err != want {
			t.Errorf("at the end: %v, %v, want %v", ok, err, want)
		}
	}
}

func TestTryAcceptTakesOneConnectionOrNone(t *testing.T) {
	if !modetest.First() {
		return
	}
	l := listen(t)
	if s, ok, err := l.TryAccept(); s != nil || ok || err != nil {
		t.Errorf("%v, %v, %v from an empty backlog", s, ok, err)
	}
	c, err := net.Dial("unix", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s, ok, err := l.TryAccept()
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	defer s.Close()
	s.TryWrite([]byte("x"))
	if n, err := c.Read(make([]byte, 2)); n != 1 || err != nil {
		t.Error(n, err)
	}
	l.SetDeadline(time.Now().Add(-time.Second))
	_, _, err = l.TryAccept()
	wantTimeout(t, err, "accept")
	l.Close()
	_, _, err = l.TryAccept()
	wantIs(t, err, "accept", net.ErrClosed)
}

func TestTryAcceptOfSeqpackets(t *testing.T) {
	if !modetest.First() {
		return
	}
	l, err := unix.ListenSeqpacket(filepath.Join(temp(t), "q"))
	if err != nil {
		t.Skip(err)
	}
	defer l.Close()
	c, err := net.Dial("unixpacket", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s, ok, err := l.TryAccept()
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	defer s.Close()
	c.Write([]byte("abc"))
	if n, ok, err := s.TryRead(make([]byte, 2)); n != 2 || !ok || err == nil {
		t.Errorf("of a message that is too long: %d, %v, %v", n, ok, err)
	}
	if s, ok, err := l.TryAccept(); s != nil || ok || err != nil {
		t.Errorf("%v, %v, %v from an empty backlog", s, ok, err)
	}
}

// A send that is tried does not overtake those that wait for the same receiver.
func TestTryWriteToOvertakesNoSend(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no datagrams")
	}
	rt := nettest.NewRuntime(t)
	r, path := bind(t)
	s, err := unix.Unbound()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	sent := 0
	for {
		_, ok, err := s.TryWriteTo([]byte{byte(sent)}, path)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		sent++
	}
	h := executor.Do(rt, func(co *coro.Co) error { _, err := s.WriteTo(co, []byte{byte(sent)}, path); return err })
	for end := time.Now().Add(nettest.Timeout); s.Queued(path) == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the send does not wait")
		}
	}
	b := make([]byte, 2)
	received := 0
	receive := func() (ok bool) {
		n, from, ok, err := r.TryReadFrom(b)
		if err != nil || ok && (n != 1 || from != "" || b[0] != byte(received)) {
			t.Fatalf("received %d bytes %v from %q, %v; want %d", n, b[:n], from, err, byte(received))
		}
		if ok {
			received++
		}
		return ok
	}
	receive() // there is room, and the send that waits has not tried again yet
	if _, ok, err := s.TryWriteTo([]byte{byte(sent + 1)}, path); err != nil || ok && s.Queued(path) > 0 {
		t.Errorf("it has overtaken the send: %v", err)
	} else if ok {
		sent++ // the send was as quick
	}
	if err := nettest.Finish(t, h); err != nil {
		t.Fatal(err)
	}
	sent++
	for received < sent {
		if !receive() {
			t.Fatalf("%d of %d messages", received, sent)
		}
	}
}
