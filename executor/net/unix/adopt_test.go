package unix_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/unix"
)

// filer is a socket of package net.
type filer interface {
	File() (*os.File, error)
	Close() error
}

// fileOf returns a duplicate of a socket, which it closes.
func fileOf(tb testing.TB, c filer) *os.File {
	tb.Helper()
	f, err := c.File()
	if err != nil {
		tb.Fatal(err)
	}
	c.Close()
	tb.Cleanup(func() { f.Close() })
	return f
}

func TestUnixConnectionsAreTakenOver(t *testing.T) {
	rt := nettest.NewRuntime(t)
	path := filepath.Join(temp(t), "s")
	pl, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	pl.(*net.UnixListener).SetUnlinkOnClose(false)
	l, err := unix.FileListener(fileOf(t, pl.(filer)))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if l.Addr().String() != path {
		t.Errorf("it listens at %v, want %v", l.Addr(), path)
	}
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := unix.FromConn(c)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the original is open: %v", err)
	}
	nettest.Do(t, rt, func(co *coro.Co) error {
		a, err := l.Accept(co)
		if err != nil {
			return err
		}
		defer a.Close()
		f, err := a.File()
		if err != nil {
			return err
		}
		defer f.Close()
		b, err := unix.FileConn(f)
		if err != nil {
			return err
		}
		defer b.Close()
		if _, err := b.Write(co, []byte("hello")); err != nil {
			return err
		}
		return want(co, s, "hello")
	})
	l.Close()
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("the path of a listener that is shared is gone: %v", err)
	}
}

func TestUnixMessagesAreTakenOver(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has streams only")
	}
	rt := nettest.NewRuntime(t)
	dir := temp(t)
	pd, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(dir, "d"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	d, err := unix.FromDatagramConn(pd)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	c, err := net.Dial("unixgram", filepath.Join(dir, "d"))
	if err != nil {
		t.Fatal(err)
	}
	e, err := unix.FileDatagram(fileOf(t, c.(filer)))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	nettest.Do(t, rt, func(co *coro.Co) error {
		if _, err := e.Write(co, []byte("message")); err != nil {
			return err
		}
		return want(co, d, "message")
	})

	pl, err := net.Listen("unixpacket", filepath.Join(dir, "q"))
	if err != nil {
		t.Skip(err)
	}
	pl.(*net.UnixListener).SetUnlinkOnClose(false)
	l, err := unix.FileSeqpacketListener(fileOf(t, pl.(filer)))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err = net.Dial("unixpacket", filepath.Join(dir, "q"))
	if err != nil {
		t.Fatal(err)
	}
	q, err := unix.FromSeqpacketConn(c)
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	nettest.Do(t, rt, func(co *coro.Co) error {
		a, err := l.Accept(co)
		if err != nil {
			return err
		}
		f, err := a.File()
		if err != nil {
			return err
		}
		defer f.Close()
		a.Close()
		b, err := unix.FileSeqpacket(f)
		if err != nil {
			return err
		}
		defer b.Close()
		if _, err := q.Write(co, []byte("message")); err != nil {
			return err
		}
		return want(co, b, "message")
	})
}

func TestOtherUnixSocketsAreRefused(t *testing.T) {
	dir := temp(t)
	l, err := net.Listen("unix", filepath.Join(dir, "l"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("unix", filepath.Join(dir, "l"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, err = unix.FromDatagramConn(c)
	wantIs(t, err, "adopt", syscall.EINVAL)
	if text := "a connected Unix stream socket, and not a Unix datagram socket"; err != nil && !strings.Contains(err.Error(), text) {
		t.Errorf("%v, want %q", err, text)
	}
	_, err = unix.FromSeqpacketConn(c)
	wantIs(t, err, "adopt", syscall.EINVAL)
	f, err := c.(*net.UnixConn).File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	_, err = unix.FileListener(f)
	wantIs(t, err, "adopt", syscall.EINVAL)
	_, err = unix.FileSeqpacketListener(f)
	wantIs(t, err, "adopt", syscall.EINVAL)
	f, err = l.(*net.UnixListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	_, err = unix.FileConn(f)
	wantIs(t, err, "adopt", syscall.EINVAL)
	_, err = unix.FileSeqpacketListener(f)
	wantIs(t, err, "adopt", syscall.EINVAL)
	if _, err := c.Write([]byte("x")); err != nil {
		t.Errorf("the connection that was refused: %v", err)
	}
}
