package stdnet_test

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/executor"
)

// Several goroutines accept from one listener, with deadlines that pass meanwhile: each connection gets to one of them.
func TestFreeAcceptsByManyGoroutines(t *testing.T) {
	const dials = 200
	rt := newRuntime(t, executor.Options{})
	s := freeSide(rt)
	l, err := s.listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var accepts, dialers sync.WaitGroup
	var accepted atomic.Int32
	for range 6 {
		accepts.Go(func() {
			for {
				c, err := l.Accept()
				switch {
				case errors.Is(err, os.ErrDeadlineExceeded):
					l.(deadliner).SetDeadline(time.Now().Add(time.Hour))
				case errors.Is(err, net.ErrClosed):
					return
				case err != nil:
					t.Error(err)
					return
				default:
					accepted.Add(1)
					c.Write([]byte("x"))
					c.Close()
				}
			}
		})
	}
	for range 10 {
		dialers.Go(func() {
			for range dials / 10 {
				c, err := s.dial(t.Context(), "tcp", l.Addr().String())
				if err != nil {
					t.Error(err)
					return
				}
				l.(deadliner).SetDeadline(time.Now())
				if n, err := c.Read(make([]byte, 2)); n != 1 || err != nil {
					t.Error(n, err)
				}
				c.Close()
			}
		})
	}
	dialers.Wait()
	l.Close()
	accepts.Wait()
	if n := accepted.Load(); n != dials {
		t.Errorf("%d of %d connections accepted", n, dials)
	}
}

// A socket of both families sends and receives over IPv4, with control data and without, and reports the addresses unmapped.
func TestFreePacketsOfBothFamiliesHaveUnmappedAddresses(t *testing.T) {
	rt := newRuntime(t, executor.Options{})
	both, err := stdnet.ListenPacket(rt, "udp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer both.Close()
	peer, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	u := both.(*stdnet.UDPConn)
	to := peer.LocalAddr().(*net.UDPAddr)
	b := make([]byte, 8)
	for _, send := range []func() error{
		func() error { _, err := u.WriteTo([]byte("x"), to); return err },
		func() error { _, err := u.WriteToUDPAddrPort([]byte("x"), to.AddrPort()); return err },
		func() error { _, _, err := u.WriteMsgUDP([]byte("x"), nil, to); return err },
	} {
		if err := send(); err != nil {
			t.Fatal(err)
		}
		_, from, err := peer.ReadFromUDP(b)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := peer.WriteToUDP([]byte("back"), from); err != nil {
			t.Fatal(err)
		}
		if _, err := peer.WriteToUDP([]byte("back"), from); err != nil {
			t.Fatal(err)
		}
		n, a, err := u.ReadFromUDPAddrPort(b)
		if string(b[:n]) != "back" || a.String() != to.String() || err != nil {
			t.Errorf("%q from %v, %v", b[:n], a, err)
		}
		n, _, _, addr, err := u.ReadMsgUDP(b, nil)
		if string(b[:n]) != "back" || addr.String() != to.String() || err != nil {
			t.Errorf("%q from %v, %v", b[:n], addr, err)
		}
	}
}
