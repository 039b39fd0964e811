package stdnet_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/executor"
)

// options are the options of a socket that package net sets, or its methods.
func options(t *testing.T, c syscall.Conn) (out []string) {
	t.Helper()
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	err = raw.Control(func(fd uintptr) {
		for _, o := range []struct {
			name         string
			level, name2 int
		}{
			{"no delay", syscall.IPPROTO_TCP, syscall.TCP_NODELAY},
			{"keep-alive", syscall.SOL_SOCKET, syscall.SO_KEEPALIVE},
			{"idle", syscall.IPPROTO_TCP, syscall.TCP_KEEPIDLE},
			{"interval", syscall.IPPROTO_TCP, syscall.TCP_KEEPINTVL},
			{"count", syscall.IPPROTO_TCP, syscall.TCP_KEEPCNT},
		} {
			v, err := syscall.GetsockoptInt(int(fd), o.level, o.name2)
			out = append(out, fmt.Sprint(o.name, " ", v, " ", err))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A connection begins with the options that package net gives it, on both sides, and its methods set what net's set.
func TestFreeConnectionsHaveTheOptionsOfPackageNet(t *testing.T) {
	type tcpConn interface {
		syscall.Conn
		SetKeepAlive(bool) error
		SetKeepAlivePeriod(time.Duration) error
		SetKeepAliveConfig(net.KeepAliveConfig) error
		SetNoDelay(bool) error
	}
	var _, _ tcpConn = (*net.TCPConn)(nil), (*stdnet.TCPConn)(nil)
	compare(t, func(t *testing.T, s side) (out []string) {
		c, peer := connected(t, s, s, "tcp")
		out = append(options(t, c.(tcpConn)), options(t, peer.(tcpConn))...)
		x := c.(tcpConn)
		for _, set := range []func() error{
			func() error { return x.SetNoDelay(false) },
			func() error { return x.SetKeepAlivePeriod(40 * time.Second) },
			func() error { return x.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Count: 4}) },
			func() error {
				return x.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: time.Minute, Interval: -1, Count: -1})
			},
			func() error { return x.SetKeepAlive(false) },
		} {
			out = append(out, said(c, set()))
			out = append(out, options(t, x)...)
		}
		return out
	})
}

// The keep-alive of a Dialer and a ListenConfig means what that of net.Dialer means.
func TestFreeKeepAliveMeansWhatPackageNetMeans(t *testing.T) {
	rt := newRuntime(t, executor.Options{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	config := net.KeepAliveConfig{Enable: true, Idle: 50 * time.Second, Interval: 3 * time.Second, Count: 2}
	for _, c := range []struct {
		period time.Duration
		config net.KeepAliveConfig
	}{{}, {period: -1}, {period: 25 * time.Second}, {config: config}, {period: -1, config: config}} {
		theirs, err := (&net.Dialer{KeepAlive: c.period, KeepAliveConfig: c.config}).Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		ours, err := (&stdnet.Dialer{Runtime: rt, KeepAlive: c.period, KeepAliveConfig: c.config}).Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if want, got := fmt.Sprint(options(t, theirs.(syscall.Conn))), fmt.Sprint(options(t, ours.(syscall.Conn))); want != got {
			t.Errorf("%+v:\nnet:  %s\nfree: %s", c, want, got)
		}
		theirs.Close()
		ours.Close()
	}
}

// A file of a connection is a duplicate: the connection goes on when it is closed, and the other way round.
func TestFreeFileIsADuplicate(t *testing.T) {
	compare(t, func(t *testing.T, s side) (out []string) {
		c, peer := connected(t, s, s, "tcp")
		f, err := c.(interface{ File() (*os.File, error) }).File()
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.Write([]byte("file "))
		out = append(out, fmt.Sprint(err))
		f.Close()
		_, err = c.Write([]byte("conn"))
		c.Close()
		b, err2 := io.ReadAll(peer)
		_, err3 := c.(interface{ File() (*os.File, error) }).File()
		return append(out, said(c, err), string(b), said(c, err2), said(c, err3))
	})
}

// Descriptors pass between ends of both kinds.
func TestFreeMessagesCarryDescriptors(t *testing.T) {
	type unixConn interface {
		ReadMsgUnix(b, oob []byte) (n, oobn, flags int, addr *net.UnixAddr, err error)
		WriteMsgUnix(b, oob []byte, addr *net.UnixAddr) (n, oobn int, err error)
	}
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("contents"), 0o600); err != nil {
		t.Fatal(err)
	}
	rt := newRuntime(t, executor.Options{})
	for _, ends := range [][2]side{{netSide(), freeSide(rt)}, {freeSide(rt), netSide()}, {freeSide(rt), freeSide(rt)}} {
		c, peer := connected(t, ends[0], ends[1], "unix")
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if n, oobn, err := c.(unixConn).WriteMsgUnix([]byte("x"), syscall.UnixRights(int(f.Fd())), nil); n != 1 || oobn == 0 || err != nil {
			t.Fatal(n, oobn, err)
		}
		f.Close()
		b, oob := make([]byte, 4), make([]byte, 64)
		n, oobn, _, _, err := peer.(unixConn).ReadMsgUnix(b, oob)
		if n != 1 || err != nil {
			t.Fatal(n, err)
		}
		ms, err := syscall.ParseSocketControlMessage(oob[:oobn])
		if err != nil || len(ms) != 1 {
			t.Fatal(ms, err)
		}
		fds, err := syscall.ParseUnixRights(&ms[0])
		if err != nil || len(fds) != 1 {
			t.Fatal(fds, err)
		}
		flags, _, _ := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fds[0]), syscall.F_GETFD, 0)
		got := os.NewFile(uintptr(fds[0]), "received")
		text, err := io.ReadAll(got)
		got.Close()
		if string(text) != "contents" || err != nil || flags&syscall.FD_CLOEXEC == 0 {
			t.Errorf("%s to %s: %q, %v, flags %d", ends[0].name, ends[1].name, text, err, flags)
		}
	}
}

// A goroutine accepts through the RawConn of a listener, and waits there for a connection. (That of package net cannot.)
func TestFreeListenerAcceptsThroughItsRawConn(t *testing.T) {
	rt := newRuntime(t, executor.Options{})
	l, err := stdnet.Listen(rt, "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	raw, err := l.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	accepted := -1
	ended := waiting(func() error {
		return raw.Read(func(fd uintptr) bool {
			n, _, err := syscall.Accept4(int(fd), syscall.SOCK_CLOEXEC)
			accepted = n
			return err != syscall.EAGAIN
		})
	})
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := <-ended; err != nil || accepted < 0 {
		t.Fatal(err, accepted)
	}
	syscall.Close(accepted)
	ended = waiting(func() error { return raw.Read(func(uintptr) bool { return false }) })
	l.Close()
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}
