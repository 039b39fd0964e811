package udp_test

import (
	"errors"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/udp"
)

func TestSocketsAreTakenOver(t *testing.T) {
	rt := nettest.NewRuntime(t)
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		pc, err := net.ListenPacket("udp", address)
		if err != nil {
			t.Skip(err)
		}
		at := pc.LocalAddr().(*net.UDPAddr).AddrPort()
		s, err := udp.FromPacketConn(pc)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if _, _, err := pc.ReadFrom(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("the original is open: %v", err)
		}
		c, err := net.Dial("udp", at.String())
		if err != nil {
			t.Fatal(err)
		}
		peer, err := udp.FromConn(c)
		if err != nil {
			t.Fatal(err)
		}
		defer peer.Close()
		if peer.RemoteAddrPort() != at {
			t.Errorf("connected to %v, want %v", peer.RemoteAddrPort(), at)
		}
		f, err := s.File()
		if err != nil {
			t.Fatal(err)
		}
		third, err := udp.FileSocket(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		defer third.Close()
		s.Close()
		nettest.Do(t, rt, func(co *coro.Co) error {
			if _, err := peer.Write(co, []byte("x")); err != nil {
				return err
			}
			from, err := want(co, third, "x")
			if err != nil {
				return err
			}
			if _, err := third.WriteTo(co, []byte("y"), from); err != nil {
				return err
			}
			_, err = want(co, peer, "y")
			return err
		})
	}
}

// A Socket goes to a file and back, and both receive.
func TestFilesAreDuplicates(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, peer := bind(t), bind(t)
	f, err := s.File()
	if err != nil {
		t.Fatal(err)
	}
	second, err := udp.FileSocket(f)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if second.LocalAddrPort() != s.LocalAddrPort() {
		t.Errorf("it is bound to %v, want %v", second.LocalAddrPort(), s.LocalAddrPort())
	}
	nettest.Do(t, rt, func(co *coro.Co) error {
		for _, to := range []*udp.Socket{s, second} {
			if _, err := peer.WriteTo(co, []byte("x"), s.LocalAddrPort()); err != nil {
				return err
			}
			if _, err := want(co, to, "x"); err != nil {
				return err
			}
		}
		s.Close()
		if _, err := second.WriteTo(co, []byte("y"), peer.LocalAddrPort()); err != nil {
			return err
		}
		_, err := want(co, peer, "y")
		return err
	})
}

func TestOtherSocketsAreRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, err = udp.FromConn(c)
	wantIs(t, err, "adopt", syscall.EINVAL)
	if want := "a connected TCP socket, and not a UDP socket"; err != nil && !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %q", err, want)
	}
	if _, err := c.Write([]byte("x")); err != nil {
		t.Errorf("the connection that was refused: %v", err)
	}
	s, err := udp.Bind(netip.MustParseAddrPort("127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	_, err = s.File()
	wantIs(t, err, "file", net.ErrClosed)
}
