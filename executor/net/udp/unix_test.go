//go:build unix

package udp_test

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/udp"
	"golang.org/x/sys/unix"
)

// option reads an option of a socket.
func option(tb testing.TB, s *udp.Socket, level, opt int) (n int) {
	tb.Helper()
	raw, err := s.SyscallConn()
	if err != nil {
		tb.Fatal(err)
	}
	cerr := raw.Control(func(fd uintptr) { n, err = unix.GetsockoptInt(int(fd), level, opt) })
	if err := errors.Join(cerr, err); err != nil {
		tb.Fatal(err)
	}
	return n
}

func TestOptions(t *testing.T) {
	s := bind(t)
	for _, test := range []struct {
		name       string
		set        error
		level, opt int
		want       int
	}{
		{"TTL", s.SetTTL(9), unix.IPPROTO_IP, unix.IP_TTL, 9},
		{"TOS", s.SetTOS(0x10), unix.IPPROTO_IP, unix.IP_TOS, 0x10},
		{"broadcast", s.SetBroadcast(true), unix.SOL_SOCKET, unix.SO_BROADCAST, 1},
	} {
		if got := option(t, s, test.level, test.opt); test.set != nil || (got != 0) != (test.want != 0) || test.want > 1 && got != test.want {
			t.Errorf("%s: %v, and it is %d, want %d", test.name, test.set, got, test.want)
		}
	}
	if err := errors.Join(s.SetReadBuffer(1<<16), s.SetWriteBuffer(1<<16)); err != nil {
		t.Error(err)
	}
	for _, opt := range []int{unix.SO_RCVBUF, unix.SO_SNDBUF} {
		if got := option(t, s, unix.SOL_SOCKET, opt); got < 1<<16 || got > 1<<18 {
			t.Errorf("buffer %d is %d", opt, got)
		}
	}
	if err := errors.Join(s.SetMulticastTTL(3), s.SetMulticastLoopback(false), s.SetMulticastInterface(nil)); err != nil {
		t.Error(err)
	}
	wantIs(t, s.SetTTL(300), "set", syscall.EINVAL)

	s6 := listen6(t, "udp6", "[::1]:0")
	err := errors.Join(s6.SetTTL(9), s6.SetTOS(0x20), s6.SetMulticastTTL(3), s6.SetMulticastLoopback(true), s6.SetMulticastInterface(nil))
	if err != nil {
		t.Error(err)
	}
	if got := option(t, s6, unix.IPPROTO_IPV6, unix.IPV6_UNICAST_HOPS); got != 9 {
		t.Errorf("hop limit %d", got)
	}
	if got := option(t, s6, unix.IPPROTO_IPV6, unix.IPV6_TCLASS); got != 0x20 {
		t.Errorf("traffic class %d", got)
	}
}

// interfaceWith finds an interface that is up and has flag.
func interfaceWith(tb testing.TB, flag net.Flags) *net.Interface {
	tb.Helper()
	ifs, err := net.Interfaces()
	if err != nil {
		tb.Skip(err)
	}
	for i := range ifs {
		if ifs[i].Flags&(flag|net.FlagUp) == flag|net.FlagUp {
			return &ifs[i]
		}
	}
	tb.Skip("no interface with ", flag)
	return nil
}

func TestBroadcast(t *testing.T) {
	rt := nettest.NewRuntime(t)
	all, err := udp.Bind(netip.MustParseAddrPort("0.0.0.0:0"))
	if err != nil {
		t.Fatal(err)
	}
	defer all.Close()
	s := bind(t)
	to := netip.AddrPortFrom(netip.MustParseAddr("127.255.255.255"), all.LocalAddrPort().Port())
	nettest.Do(t, rt, func(co *coro.Co) error {
		if _, err := s.WriteTo(co, []byte("x"), to); !errors.Is(err, syscall.EACCES) {
			t.Skip("this system has no broadcast on loopback: ", err)
		}
		if err := s.SetBroadcast(true); err != nil {
			return err
		}
		if _, err := s.WriteTo(co, []byte("x"), to); err != nil {
			return err
		}
		from, err := want(co, all, "x")
		if from != s.LocalAddrPort() {
			t.Errorf("from %v", from)
		}
		return err
	})
}

func TestMulticast(t *testing.T) {
	for _, test := range []struct {
		group string
		flag  net.Flags
	}{
		{"224.0.0.254", net.FlagLoopback},
		{"ff01::1234", net.FlagMulticast}, // of a scope that does not leave the machine
	} {
		t.Run(test.group, func(t *testing.T) {
			rt := nettest.NewRuntime(t)
			lo := interfaceWith(t, test.flag)
			group := netip.MustParseAddr(test.group)
			if group.Is6() {
				group = group.WithZone(lo.Name)
			}
			lc := udp.ListenConfig{ReuseAddr: true}
			wildcard, mine := "0.0.0.0", "127.0.0.1"
			if group.Is6() {
				wildcard, mine = "::", "::"
			}
			var members []*udp.Socket
			var port uint16
			for range 2 {
				m, err := lc.Bind(netip.AddrPortFrom(netip.MustParseAddr(wildcard), port))
				if err != nil {
					t.Skip(err)
				}
				defer m.Close()
				port = m.LocalAddrPort().Port()
				if err := m.JoinGroup(group.WithZone(""), lo); err != nil {
					t.Skip("no multicast on loopback: ", err)
				}
				members = append(members, m)
			}
			s, err := udp.Bind(netip.AddrPortFrom(netip.MustParseAddr(mine), 0))
			if err != nil {
				t.Skip(err)
			}
			defer s.Close()
			if err := errors.Join(s.SetMulticastInterface(lo), s.SetMulticastLoopback(true), s.SetMulticastTTL(1)); err != nil {
				t.Fatal(err)
			}
			nettest.Do(t, rt, func(co *coro.Co) error {
				to := netip.AddrPortFrom(group, port)
				if _, err := s.WriteTo(co, []byte("x"), to); err != nil {
					return err
				}
				for i, m := range members { // each of them gets it
					if from, err := want(co, m, "x"); err != nil || from.Port() != s.LocalAddrPort().Port() {
						return fmt.Errorf("member %d: from %v, %w", i, from, err)
					}
				}
				for _, m := range members {
					if err := m.LeaveGroup(group, nil); group.Is6() && err != nil { // the zone names the interface
						return err
					} else if err := m.LeaveGroup(group, lo); group.Is4() && err != nil {
						t.Log(err) // by its address the first may have been enough
					}
					wantIs(t, m.LeaveGroup(group, lo), "set", syscall.EADDRNOTAVAIL)
				}
				if _, err := s.WriteTo(co, []byte("x"), to); err != nil {
					return err
				}
				for _, m := range members {
					if _, ok, err := m.TryRead(nil); ok {
						t.Errorf("received after leaving: %v", err)
					}
				}
				return nil
			})
		})
	}
	s := bind(t)
	var ae *net.AddrError
	for _, bad := range []string{"127.0.0.1", "ff02::1"} {
		if err := s.JoinGroup(netip.MustParseAddr(bad), nil); !errors.As(err, &ae) {
			t.Errorf("join %s: %v", bad, err)
		}
	}
}

func TestDescriptorIsCloseOnExecAndNonBlocking(t *testing.T) {
	s := bind(t)
	raw, err := s.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	raw.Control(func(fd uintptr) {
		if flags, err := unix.FcntlInt(fd, unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("flags %#x, %v", flags, err)
		}
		if flags, err := unix.FcntlInt(fd, unix.F_GETFL, 0); err != nil || flags&unix.O_NONBLOCK == 0 {
			t.Errorf("status %#x, %v", flags, err)
		}
	})
}
