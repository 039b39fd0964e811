package tcp_test

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

// plainPair makes a connection of package net.
func plainPair(tb testing.TB) (a, b *net.TCPConn) {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	s, err := l.Accept()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { c.Close(); s.Close() })
	return s.(*net.TCPConn), c.(*net.TCPConn)
}

// control calls f with the descriptor of c.
func control(tb testing.TB, c syscall.Conn, f func(fd uintptr) error) {
	tb.Helper()
	raw, err := c.SyscallConn()
	if err != nil {
		tb.Fatal(err)
	}
	cerr := raw.Control(func(fd uintptr) { err = f(fd) })
	if err := errors.Join(cerr, err); err != nil {
		tb.Fatal(err)
	}
}

// wantNothingToRead fails if a read finds something, and does not return if s is in blocking mode.
func wantNothingToRead(tb testing.TB, s *tcp.Stream) {
	tb.Helper()
	if n, ok, err := s.TryRead(make([]byte, 1)); ok || err != nil {
		tb.Errorf("TryRead returns %d, %v, %v", n, ok, err)
	}
}

// echoes has s answer what its peer writes.
func echoes(tb testing.TB, rt *executor.Runtime, s *tcp.Stream, peer net.Conn) {
	tb.Helper()
	h := executor.Do(rt, func(co *coro.Co) error {
		buf := make([]byte, 10)
		n, err := s.Read(co, buf)
		if err == nil {
			_, err = s.Write(co, buf[:n])
		}
		return err
	})
	peer.Write([]byte("hello"))
	buf := make([]byte, 5)
	if _, err := io.ReadFull(peer, buf); err != nil || string(buf) != "hello" {
		tb.Errorf("the peer has read %q, %v", buf, err)
	}
	if err := nettest.Finish(tb, h); err != nil {
		tb.Error(err)
	}
}

func TestFromConnTakesTheConnectionOver(t *testing.T) {
	rt := nettest.NewRuntime(t)
	c, peer := plainPair(t)
	c.SetDeadline(time.Now().Add(-time.Second)) // does not come along
	c.SetNoDelay(false)                         // does
	s, err := tcp.FromConn(c)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the original is open: %v", err)
	}
	wantDescriptor(t, s)
	wantNothingToRead(t, s)
	if noDelay(t, s) {
		t.Error("an option has changed")
	}
	if s.RemoteAddr().String() != peer.LocalAddr().String() || s.LocalAddr().String() != peer.RemoteAddr().String() {
		t.Errorf("from %v to %v, want the addresses of %v and %v", s.LocalAddr(), s.RemoteAddr(), peer.RemoteAddr(), peer.LocalAddr())
	}
	echoes(t, rt, s, peer)
	s.Close()
	if n, err := peer.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("after the close the peer reads %d, %v", n, err)
	}
}

// A read of the original that waits ends, and takes nothing from the Stream.
func TestFromConnEndsReadsOfTheOriginal(t *testing.T) {
	rt := nettest.NewRuntime(t)
	c, peer := plainPair(t)
	reads := make(chan error)
	go func() {
		for {
			_, err := c.Read(make([]byte, 1))
			reads <- err
			if err != nil {
				return
			}
		}
	}()
	peer.Write([]byte("x"))
	if err := <-reads; err != nil {
		t.Error(err)
	}
	runtime.Gosched() // it most likely waits then
	s, err := tcp.FromConn(c)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := <-reads; !errors.Is(err, net.ErrClosed) {
		t.Errorf("the read returns %v", err)
	}
	echoes(t, rt, s, peer)
}

// A connection goes to a file, to package net and back, more than once, and a reader that waits the whole time gets its bytes.
func TestConnectionGoesRound(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, peer := connect(t, rt)
	for range 3 {
		wait := executor.Do(rt, func(co *coro.Co) error { _, err := s.Read(co, make([]byte, 1)); return err })
		f, err := s.File()
		if err != nil {
			t.Fatal(err)
		}
		wantDescriptor(t, f)
		c, err := net.FileConn(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		back, err := tcp.FromConn(c)
		if err != nil {
			t.Fatal(err)
		}
		defer back.Close()
		peer.Write([]byte("x"))
		if err := nettest.Finish(t, wait); err != nil {
			t.Errorf("the first: %v", err)
		}
		wantDescriptor(t, s)
		s.Close()
		echoes(t, rt, back, peer)
		s = back
	}
}

// A Stream and a Listener go to files and back. Each has the socket, and each Close closes one of them.
func TestFilesAreDuplicates(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, peer := connect(t, rt)
	wait := executor.Do(rt, func(co *coro.Co) error { _, err := s.Read(co, make([]byte, 1)); return err })
	f, err := s.File()
	if err != nil {
		t.Fatal(err)
	}
	wantDescriptor(t, f)
	makeBlocking(t, f)
	if _, err := f.Write([]byte("x")); err != nil {
		t.Errorf("a write of the file: %v", err)
	}
	if n, err := peer.Read(make([]byte, 10)); n != 1 || err != nil {
		t.Errorf("of the file's write the peer reads %d, %v", n, err)
	}
	second, err := tcp.FileConn(f)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	wantDescriptor(t, second)
	wantNothingToRead(t, second)
	peer.Write([]byte("x"))
	if err := nettest.Finish(t, wait); err != nil {
		t.Errorf("a read of the first: %v", err)
	}
	echoes(t, rt, second, peer)
	echoes(t, rt, s, peer)
	s.Close()
	echoes(t, rt, second, peer)
	second.Close()
	if n, err := peer.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("after both closes the peer reads %d, %v", n, err)
	}

	l, err := tcp.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	at := l.Addr().String()
	f, err = l.File()
	if err != nil {
		t.Fatal(err)
	}
	wantDescriptor(t, f)
	l.Close()
	again, err := tcp.FileListener(f)
	f.Close()
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	wantDescriptor(t, again)
	if a, ok, err := again.TryAccept(); ok || err != nil {
		t.Errorf("TryAccept returns %v, %v, %v", a, ok, err)
	}
	if again.Addr().String() != at {
		t.Errorf("it listens on %v, want %v", again.Addr(), at)
	}
	p := dialPlain(t, again)
	var a *tcp.Stream
	nettest.Do(t, rt, func(co *coro.Co) (err error) { a, err = again.Accept(co); return err })
	defer a.Close()
	if !noDelay(t, a) {
		t.Error("an accepted connection delays bytes")
	}
	echoes(t, rt, a, p)
	again.Close()
	if c, err := net.Dial("tcp", at); err == nil {
		c.Close()
		t.Error("the port is open after all closes")
	}
}

// So do those of package net.
func TestFilesBecomeAStreamAndAListener(t *testing.T) {
	rt := nettest.NewRuntime(t)
	c, peer := plainPair(t)
	f, err := c.File()
	if err != nil {
		t.Fatal(err)
	}
	makeBlocking(t, f)
	s, err := tcp.FileConn(f)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	f.Close()
	wantDescriptor(t, s)
	c.Close()
	echoes(t, rt, s, peer)

	pl, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f, err = pl.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	l, err := tcp.FileListener(f)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	f.Close()
	pl.Close()
	wantDescriptor(t, l)
	if l.Addr().String() != pl.Addr().String() {
		t.Errorf("it listens on %v, want %v", l.Addr(), pl.Addr())
	}
	p := dialPlain(t, l)
	var a *tcp.Stream
	nettest.Do(t, rt, func(co *coro.Co) (err error) { a, err = l.Accept(co); return err })
	defer a.Close()
	if !noDelay(t, a) {
		t.Error("an accepted connection delays bytes")
	}
	echoes(t, rt, a, p)
}

// What is no connected TCP socket is refused with an error that says what it is, and stays as it was.
func TestOtherDescriptorsAreRefused(t *testing.T) {
	if !modetest.First() {
		return
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, _ := plainPair(t)
	p, q := net.Pipe()
	defer p.Close()
	defer q.Close()
	file := func(c any) *os.File {
		f := fileOf(t, c.(syscall.Conn))
		t.Cleanup(func() { f.Close() })
		return f
	}
	unconnected := freshSocket(t)
	defer unconnected.Close()
	text, err := os.CreateTemp("", "text")
	if err != nil {
		t.Fatal(err)
	}
	defer os.Remove(text.Name())
	defer text.Close()
	conn := func(f *os.File) error { _, err := tcp.FileConn(f); return err }
	listener := func(f *os.File) error {
		l, err := tcp.FileListener(f)
		if err == nil {
			l.Close()
		}
		return err
	}
	type refusal struct {
		err  error
		want string
	}
	tests := []refusal{
		{func() error { _, err := tcp.FromConn(p); return err }(), "a *net.pipe, which has no SyscallConn, and not a connected TCP socket"},
		{conn(file(l)), "a listening TCP socket"},
		{conn(unconnected), "a TCP socket that is not connected, and not a connected TCP socket"},
		{conn(text), "neither a TCP, nor a UDP, nor a Unix socket"},
		{listener(file(c)), "a connected TCP socket, and not a listening TCP socket"},
		{listener(unconnected), "a TCP socket that is not connected"},
		{listener(text), "neither a TCP, nor a UDP, nor a Unix socket"},
	}
	if u, err := net.ListenPacket("udp", "127.0.0.1:0"); err == nil { // not under Wine
		defer u.Close()
		tests = append(tests,
			refusal{func() error { _, err := tcp.FromConn(u.(*net.UDPConn)); return err }(), "a UDP socket that is not connected, and not a connected TCP socket"},
			refusal{conn(file(u)), "a UDP socket that is not connected"})
		if _, err := u.WriteTo([]byte("x"), u.LocalAddr()); err != nil {
			t.Errorf("the socket that was refused: %v", err)
		}
	}
	if ul, err := net.Listen("unix", filepath.Join(os.TempDir(), filepath.Base(text.Name())+"-l")); err == nil { // not under Wine
		defer ul.Close()
		tests = append(tests,
			refusal{conn(file(ul)), "a listening Unix stream socket"},
			refusal{listener(file(ul)), "a listening Unix stream socket, and not a listening TCP socket"})
	}
	words := strings.NewReplacer()
	if !tcp.ReportsListening {
		words = strings.NewReplacer("a listening ", "a ", " that is not connected", "")
	}
	for _, test := range tests {
		if !tcp.ReportsListening && test.want == "a TCP socket that is not connected" {
			if test.err != nil { // it is taken for a listener, and on Windows then has no address
				wantIs(t, test.err, "adopt", syscall.EINVAL)
			}
			continue
		}
		wantIs(t, test.err, "adopt", syscall.EINVAL)
		if test.err != nil && !strings.Contains(words.Replace(test.err.Error()), words.Replace(test.want)) {
			t.Errorf("%v, want %q", test.err, test.want)
		}
	}
	if tcp.ReportsListening {
		wantBlocking(t, unconnected) // a refusal changes nothing
	}
	c.Close()
	_, err = tcp.FromConn(c)
	wantIs(t, err, "adopt", net.ErrClosed)
	text.Close()
	wantIs(t, conn(text), "adopt", os.ErrClosed)
	_, err = tcp.FileConn(nil)
	wantIs(t, err, "adopt", os.ErrInvalid)
	var s tcp.Stream
	_, err = s.File()
	wantIs(t, err, "file", net.ErrClosed)
}
