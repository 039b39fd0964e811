//go:build unix

package tcp_test

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"golang.org/x/sys/unix"
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

// status returns the flags of a descriptor and of its file.
func status(tb testing.TB, c syscall.Conn) (fd, file int) {
	tb.Helper()
	raw, err := c.SyscallConn()
	if err != nil {
		tb.Fatal(err)
	}
	cerr := raw.Control(func(s uintptr) {
		fd, err = unix.FcntlInt(s, unix.F_GETFD, 0)
		if err == nil {
			file, err = unix.FcntlInt(s, unix.F_GETFL, 0)
		}
	})
	if err := errors.Join(cerr, err); err != nil {
		tb.Fatal(err)
	}
	return fd, file
}

func wantDescriptor(tb testing.TB, c syscall.Conn) {
	tb.Helper()
	fd, file := status(tb, c)
	if fd&unix.FD_CLOEXEC == 0 || file&unix.O_NONBLOCK == 0 {
		tb.Errorf("%T: flags %#x of the descriptor, %#x of the file", c, fd, file)
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
	if option(t, s, unix.IPPROTO_TCP, unix.TCP_NODELAY) != 0 {
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

// A connection goes to a file, to package net and back, and a reader that waits the whole time gets its bytes.
func TestConnectionGoesRound(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, peer := connect(t, rt)
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
}

func TestFilesBecomeAStreamAndAListener(t *testing.T) {
	rt := nettest.NewRuntime(t)
	c, peer := plainPair(t)
	f, err := c.File()
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := f.SyscallConn()
	raw.Control(func(fd uintptr) { unix.SetNonblock(int(fd), false) })
	s, err := tcp.FileConn(f)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if fd, _ := status(t, f); fd&unix.FD_CLOEXEC == 0 {
		t.Error("the file has changed")
	}
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
	if option(t, a, unix.IPPROTO_TCP, unix.TCP_NODELAY) == 0 {
		t.Error("an accepted connection delays bytes")
	}
	echoes(t, rt, a, p)

	f, err = l.File()
	if err != nil {
		t.Fatal(err)
	}
	wantDescriptor(t, f)
	l.Close()
	second, err := tcp.FileListener(f)
	f.Close()
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	dialPlain(t, second)
	nettest.Do(t, rt, acceptOne(second))
}

// What is no connected TCP socket is refused with an error that says what it is, and stays as it was.
func TestOtherDescriptorsAreRefused(t *testing.T) {
	if !modetest.First() {
		return
	}
	u, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	ul, err := net.Listen("unix", filepath.Join(t.TempDir(), "l"))
	if err != nil {
		t.Fatal(err)
	}
	defer ul.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, _ := plainPair(t)
	p, q := net.Pipe()
	defer p.Close()
	defer q.Close()
	file := func(c interface{ File() (*os.File, error) }) *os.File {
		f, err := c.File()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	fresh, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	unconnected := os.NewFile(uintptr(fresh), "fresh")
	defer unconnected.Close()
	text, err := os.Create(filepath.Join(t.TempDir(), "text"))
	if err != nil {
		t.Fatal(err)
	}
	defer text.Close()
	conn := func(f *os.File) error { _, err := tcp.FileConn(f); return err }
	listener := func(f *os.File) error {
		l, err := tcp.FileListener(f)
		if err == nil {
			l.Close()
		}
		return err
	}
	for _, test := range []struct {
		err  error
		want string
	}{
		{func() error { _, err := tcp.FromConn(u.(*net.UDPConn)); return err }(), "a UDP socket that is not connected, and not a connected TCP socket"},
		{func() error { _, err := tcp.FromConn(p); return err }(), "a *net.pipe, which has no SyscallConn, and not a connected TCP socket"},
		{conn(file(u.(*net.UDPConn))), "a UDP socket that is not connected"},
		{conn(file(ul.(*net.UnixListener))), "a listening Unix stream socket"},
		{conn(file(l.(*net.TCPListener))), "a listening TCP socket"},
		{conn(unconnected), "a TCP socket that is not connected, and not a connected TCP socket"},
		{conn(text), "neither a TCP, nor a UDP, nor a Unix socket"},
		{listener(file(c)), "a connected TCP socket, and not a listening TCP socket"},
		{listener(file(ul.(*net.UnixListener))), "a listening Unix stream socket, and not a listening TCP socket"},
		{listener(unconnected), "a TCP socket that is not connected"},
		{listener(text), "neither a TCP, nor a UDP, nor a Unix socket"},
	} {
		if !tcp.ReportsListening && test.err == nil && test.want == "a TCP socket that is not connected" {
			continue // for want of a better answer it is taken for a listener
		}
		wantIs(t, test.err, "adopt", syscall.EINVAL)
		if test.err != nil && !strings.Contains(test.err.Error(), test.want) {
			t.Errorf("%v, want %q", test.err, test.want)
		}
	}
	if _, err := u.WriteTo([]byte("x"), u.LocalAddr()); err != nil {
		t.Errorf("the socket that was refused: %v", err)
	}
	if _, file := status(t, unconnected); file&unix.O_NONBLOCK != 0 && tcp.ReportsListening {
		t.Error("the socket that was refused is non-blocking now")
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
