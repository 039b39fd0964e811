//go:build unix

package tcp_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"golang.org/x/sys/unix"
)

// A read stops at the mark of urgent data, which is no reason to believe that nothing is left.
func TestUrgentDataStallsNobody(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, c := connect(t, rt)
	h := executor.Do(rt, func(co *coro.Co) error {
		var got []byte
		buf := make([]byte, 100)
		for len(got) < 300*6 {
			n, err := s.Read(co, buf)
			if err != nil {
				return err
			}
			// A mark that the next one overtakes becomes an ordinary byte.
			got = append(got, bytes.ReplaceAll(buf[:n], []byte("X"), nil)...)
		}
		if !bytes.Equal(got, bytes.Repeat([]byte("abcdef"), 300)) {
			return errors.New("the stream is not what was sent")
		}
		return nil
	})
	for i := range 300 {
		c.Write([]byte("abc"))
		sendUrgent(t, c, 'X')
		c.Write([]byte("def"))
		if i%10 == 0 {
			time.Sleep(time.Millisecond)
		}
	}
	if err := nettest.Finish(t, h); err != nil {
		t.Fatal(err)
	}
}

// option reads an option of a socket.
func option(tb testing.TB, c interface {
	SyscallConn() (syscall.RawConn, error)
}, level, name int) (value int) {
	tb.Helper()
	raw, err := c.SyscallConn()
	if err != nil {
		tb.Fatal(err)
	}
	if err := raw.Control(func(fd uintptr) { value, err = unix.GetsockoptInt(int(fd), level, name) }); err != nil {
		tb.Fatal(err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return value
}

func TestOptions(t *testing.T) {
	rt := nettest.NewRuntime(t)
	controlled := ""
	lc := tcp.ListenConfig{
		KeepAlive: net.KeepAliveConfig{Enable: true, Idle: 90 * time.Second, Interval: 1500 * time.Millisecond, Count: 4},
		Control: func(network, address string, c syscall.RawConn) error {
			controlled = network
			return c.Control(func(uintptr) {})
		},
	}
	l, err := lc.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if controlled != "tcp4" {
		t.Errorf("Control got %q", controlled)
	}
	dialPlain(t, l)
	var s *tcp.Stream
	nettest.Do(t, rt, func(co *coro.Co) (err error) { s, err = l.Accept(co); return err })
	defer s.Close()
	check := func(what string, level, name, want int) {
		t.Helper()
		if got := option(t, s, level, name); (want == 1) != (got != 0) && got != want {
			t.Errorf("%s is %d, want %d", what, got, want)
		}
	}
	check("no delay", unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	check("keep alive", unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
	for _, step := range []struct {
		set  func() error
		what string
		l, n int
		want int
	}{
		{func() error { return s.SetNoDelay(false) }, "no delay", unix.IPPROTO_TCP, unix.TCP_NODELAY, 0},
		{func() error { return s.SetKeepAlive(false) }, "keep alive", unix.SOL_SOCKET, unix.SO_KEEPALIVE, 0},
		{func() error { return s.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true}) }, "keep alive", unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
	} {
		if err := step.set(); err != nil {
			t.Error(err)
		}
		check(step.what, step.l, step.n, step.want)
	}
	if err := s.SetReadBuffer(64 << 10); err != nil {
		t.Error(err)
	}
	if got := option(t, s, unix.SOL_SOCKET, unix.SO_RCVBUF); got < 64<<10 {
		t.Errorf("read buffer is %d", got)
	}
	refuse := errors.New("not this one")
	lc.Control = func(string, string, syscall.RawConn) error { return refuse }
	if _, err := lc.Listen("tcp", "127.0.0.1:0"); !errors.Is(err, refuse) {
		t.Errorf("the error of Control is lost: %v", err)
	}
}

// Regression: descriptors were not close-on-exec.
func TestDescriptorsAreNotInherited(t *testing.T) {
	rt := nettest.NewRuntime(t)
	l := listen(t)
	dialPlain(t, l)
	nettest.Do(t, rt, func(co *coro.Co) error {
		s, err := l.Accept(co)
		if err != nil {
			return err
		}
		defer s.Close()
		d, err := tcp.Dial(co, "tcp", l.Addr().String())
		if err != nil {
			return err
		}
		defer d.Close()
		for name, c := range map[string]interface {
			SyscallConn() (syscall.RawConn, error)
		}{"listener": l, "accepted": s, "dialed": d} {
			raw, err := c.SyscallConn()
			if err != nil {
				return err
			}
			raw.Control(func(fd uintptr) {
				flags, err := unix.FcntlInt(fd, unix.F_GETFD, 0)
				if err != nil || flags&unix.FD_CLOEXEC == 0 {
					t.Errorf("%s: flags %#x, %v", name, flags, err)
				}
				flags, err = unix.FcntlInt(fd, unix.F_GETFL, 0)
				if err != nil || flags&unix.O_NONBLOCK == 0 {
					t.Errorf("%s: flags %#x, %v", name, flags, err)
				}
			})
		}
		return nil
	})
}

// Two SYNs that cross connect a socket with itself, at a port without a listener.
func TestConnectionToItselfIsNone(t *testing.T) {
	rt := nettest.NewRuntime(t)
	to := refusing(t, "127.0.0.1")
	tries := 0
	d := tcp.Dialer{Control: func(_, _ string, c syscall.RawConn) (err error) {
		if tries++; tries > 1 {
			return nil
		}
		cerr := c.Control(func(fd uintptr) {
			err = unix.Bind(int(fd), &unix.SockaddrInet4{Addr: to.Addr().As4(), Port: int(to.Port())})
		})
		return errors.Join(cerr, err)
	}}
	nettest.Do(t, rt, func(co *coro.Co) error {
		s, err := d.Dial(co, "tcp", to.String())
		if err == nil {
			defer s.Close()
			return fmt.Errorf("%v is connected to %v", s.LocalAddr(), s.RemoteAddr())
		}
		wantIs(t, err, "dial", syscall.ECONNREFUSED)
		return nil
	})
	if tries != 2 {
		t.Errorf("%d tries, want 2", tries)
	}
}

// Close does not close the descriptor under a function that uses it.
func TestCloseSparesDescriptorInUse(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, c := connect(t, rt)
	h := executor.Do(rt, func(co *coro.Co) error { return s.WaitReadable(co) }) // so that it is registered
	nettest.Settle(rt)
	raw, err := s.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var number uintptr
	err = raw.Control(func(fd uintptr) {
		number = fd
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		wantIs(t, nettest.Finish(t, h), "read", net.ErrClosed) // an operation that waits returns at once
		if _, err := unix.Write(int(fd), []byte("still here")); err != nil {
			t.Error("the descriptor is closed under its user:", err)
		}
	})
	if err != nil {
		t.Error(err)
	}
	if _, err := unix.FcntlInt(number, unix.F_GETFD, 0); err != unix.EBADF {
		t.Errorf("the descriptor is not closed after its last use: %v", err)
	}
	buf := make([]byte, 100)
	if n, err := c.Read(buf); string(buf[:n]) != "still here" || err != nil {
		t.Errorf("the peer read %q, %v", buf[:n], err)
	}
}

func sendUrgent(tb testing.TB, c *net.TCPConn, b byte) {
	tb.Helper()
	raw, err := c.SyscallConn()
	if err != nil {
		tb.Fatal(err)
	}
	raw.Write(func(fd uintptr) bool {
		err = unix.Sendto(int(fd), []byte{b}, unix.MSG_OOB, nil)
		return err != unix.EAGAIN
	})
	if err != nil {
		tb.Fatal(err)
	}
}
