package unix_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/unix"
	sysunix "golang.org/x/sys/unix"
)

// foreign makes a socket as a program does that fills in the address by itself: size bytes of it.
func foreign(tb testing.TB, kind int, path string, size int) int {
	tb.Helper()
	fd, err := sysunix.Socket(sysunix.AF_UNIX, kind|sysunix.SOCK_CLOEXEC, 0)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { sysunix.Close(fd) })
	sa := sysunix.RawSockaddrUnix{Family: sysunix.AF_UNIX}
	for i := range len(path) {
		sa.Path[i] = int8(path[i])
	}
	if size == 0 {
		return fd
	}
	if _, _, errno := sysunix.Syscall(sysunix.SYS_BIND, uintptr(fd), uintptr(unsafe.Pointer(&sa)), uintptr(2+size)); errno != 0 {
		tb.Fatalf("bind %q: %v", path, errno)
	}
	return fd
}

// foreigners are addresses of such programs, and their text.
func foreigners(tb testing.TB) []struct {
	raw  string
	size int
	text string
} {
	dir := temp(tb)
	full := dir + "/" + strings.Repeat("x", 108-len(dir)-1)
	unique := strings.TrimPrefix(dir, "/")
	short := "\x00" + unique
	return []struct {
		raw  string
		size int
		text string
	}{
		{"", 0, ""},
		{full, 108, full},
		{dir + "/short", 108, dir + "/short"},
		{dir + "/end", len(dir + "/end"), dir + "/end"},
		{dir + "/\xff\x01", len(dir) + 4, dir + "/\xff\x01"},
		{short + "1", len(short) + 1, "@" + unique + "1"},
		{short + "2", 108, "@" + unique + "2" + strings.Repeat("\x00", 107-len(unique)-1)},
		{short + "\x003", len(short) + 2, "@" + unique + "\x003"},
		{short + "4\x00", len(short) + 2, "@" + unique + "4\x00"},
	}
}

// Whatever name a peer has, its message can be read and a reply sent.
func TestSendersHaveTheNamesTheyBoundTo(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, path := bind(t)
	for _, peer := range foreigners(t) {
		fd := foreign(t, sysunix.SOCK_DGRAM, peer.raw, peer.size)
		if err := sysunix.Sendto(fd, []byte("hi"), 0, &sysunix.SockaddrUnix{Name: path}); err != nil {
			t.Fatal(err)
		}
		nettest.Do(t, rt, func(co *coro.Co) error {
			n, from, err := s.ReadFrom(co, make([]byte, 10))
			if n != 2 || from != peer.text || err != nil {
				t.Errorf("%q: read %d from %q, %v, want %q", peer.raw, n, from, err, peer.text)
			}
			if from == "" || err != nil {
				return err
			}
			if _, err := s.WriteTo(co, []byte("back"), from); err != nil {
				return err
			}
			c, err := unix.Connect(from)
			if err != nil {
				return err
			}
			defer c.Close()
			if got := c.RemoteAddr().String(); got != peer.text {
				t.Errorf("connected to %q, want %q", got, peer.text)
			}
			_, err = c.Write(co, []byte("again"))
			return err
		})
		for _, want := range []string{"back", "again"} {
			if peer.text == "" {
				break
			}
			b := make([]byte, 10)
			if n, _, err := sysunix.Recvfrom(fd, b, sysunix.MSG_DONTWAIT); string(b[:max(n, 0)]) != want {
				t.Errorf("%q got %q, %v", peer.raw, b[:max(n, 0)], err)
			}
		}
	}
}

// A path that begins with @ is told from an abstract name.
func TestPathThatBeginsWithAt(t *testing.T) {
	if !modetest.First() {
		return
	}
	t.Chdir(temp(t))
	rt := nettest.NewRuntime(t)
	fd := foreign(t, sysunix.SOCK_DGRAM, "@path", 5)
	s, path := bind(t)
	if err := sysunix.Sendto(fd, []byte("hi"), 0, &sysunix.SockaddrUnix{Name: path}); err != nil {
		t.Fatal(err)
	}
	nettest.Do(t, rt, func(co *coro.Co) error {
		_, from, err := s.ReadFrom(co, make([]byte, 10))
		if err != nil || from != "./@path" {
			return fmt.Errorf("from %q, %w", from, err)
		}
		_, err = s.WriteTo(co, []byte("back"), from)
		return err
	})
	l, err := unix.Listen("./@listener")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat("@listener"); err != nil {
		t.Error(err)
	}
	l.Close()
	if _, err := os.Lstat("@listener"); !os.IsNotExist(err) {
		t.Error("the path is left: ", err)
	}
}

func TestListenersOfOthersAreDialed(t *testing.T) {
	rt := nettest.NewRuntime(t)
	for _, peer := range foreigners(t)[1:] {
		fd := foreign(t, sysunix.SOCK_STREAM, peer.raw, peer.size)
		if err := sysunix.Listen(fd, 1); err != nil {
			t.Fatal(err)
		}
		nettest.Do(t, rt, func(co *coro.Co) error {
			c, err := unix.Dial(co, peer.text)
			if err != nil {
				return err
			}
			if got := c.RemoteAddr().String(); got != peer.text {
				t.Errorf("dialed %q, want %q", got, peer.text)
			}
			return c.Close()
		})
	}
}

func TestOwnNamesAreWholeNames(t *testing.T) {
	rt := nettest.NewRuntime(t)
	for _, peer := range foreigners(t)[1:] {
		s, err := unix.Bind(peer.text)
		if err != nil {
			t.Error(err)
			continue
		}
		if got := s.LocalAddr().String(); got != peer.text {
			t.Errorf("bound to %q, want %q", got, peer.text)
		}
		s.Close()
		os.Remove(peer.text)
		l, err := unix.Listen(peer.text)
		if err != nil {
			t.Error(err)
			continue
		}
		nettest.Do(t, rt, func(co *coro.Co) error {
			c, err := unix.Dial(co, peer.text)
			if err != nil {
				return err
			}
			defer c.Close()
			a, err := l.Accept(co)
			if err != nil {
				return err
			}
			if got := a.LocalAddr().String(); got != peer.text || a.RemoteAddr().String() != "" {
				t.Errorf("accepted at %q from %q, want %q", got, a.RemoteAddr(), peer.text)
			}
			return a.Close()
		})
		l.Close()
	}
	l, err := unix.Listen("\x00" + temp(t))
	if err != nil {
		t.Fatal(err)
	}
	if got := l.Addr().String(); got[0] != '@' {
		t.Errorf("listens at %q", got)
	}
	l.Close()
	s, err := unix.Bind("")
	if err != nil {
		t.Fatal(err)
	}
	if got := s.LocalAddr().String(); len(got) != 6 || got[0] != '@' {
		t.Errorf("the system has chosen %q", got)
	}
	s.Close()
}

func dialFuture(co *coro.Co, name string) error {
	r, err := coro.Await(co, unix.DialFuture(name))
	return errors.Join(err, r.Err)
}

// No system call is made for a name that cannot be, so none is named.
func TestNamesThatCannotBeAreRefusedByName(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, err := unix.Unbound()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	nettest.Do(t, rt, func(co *coro.Co) error {
		for _, name := range []string{
			"", strings.Repeat("p", 109), "@" + strings.Repeat("n", 108), "a\x00b", "a\x00",
		} {
			refusals := map[string]error{}
			if name != "" {
				_, refusals["Bind"] = unix.Bind(name)
			}
			_, refusals["Listen"] = unix.Listen(name)
			_, refusals["Dial"] = unix.Dial(co, name)
			refusals["DialFuture"] = dialFuture(co, name)
			_, refusals["Connect"] = unix.Connect(name)
			refusals["Datagram.Connect"] = s.Connect(name)
			_, refusals["WriteTo"] = s.WriteTo(co, []byte("x"), name)
			for op, err := range refusals {
				var ae *net.AddrError
				var se *os.SyscallError
				if !errors.As(err, &ae) || ae.Addr != name || errors.As(err, &se) || !errors.Is(err, syscall.EINVAL) {
					t.Errorf("%s of %q: %v", op, name, err)
				}
			}
		}
		return nil
	})
}

// A descriptor that comes unasked, for the sender itself, has no owner but the read.
func TestPidfdsAreClosed(t *testing.T) {
	rt := nettest.NewRuntime(t)
	a, b := datagrams(t)
	raw, err := b.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	raw.Control(func(fd uintptr) {
		err = sysunix.SetsockoptInt(int(fd), sysunix.SOL_SOCKET, sysunix.SO_PASSPIDFD, 1)
	})
	if err != nil {
		t.Skip("no SO_PASSPIDFD: ", err)
	}
	before := nettest.OpenFDs(t)
	nettest.Do(t, rt, func(co *coro.Co) error {
		for range 10 {
			if _, err := a.Write(co, []byte("x")); err != nil {
				return err
			}
			_, nfds, err := b.ReadMsg(co, make([]byte, 1), make([]int, 4))
			if nfds != 0 || err != nil && !errors.Is(err, unix.ErrDescriptorsLost) {
				return fmt.Errorf("%d descriptors, %w", nfds, err)
			}
		}
		return nil
	})
	if now := nettest.OpenFDs(t); now > before {
		t.Errorf("%d descriptors leaked", now-before)
	}
}
