package stdnet_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/executor"
)

// compare runs a behaviour with package net and with the free form, which must say the same.
func compare(t *testing.T, do func(t *testing.T, s side) []string) {
	t.Helper()
	rt := newRuntime(t, executor.Options{})
	want, got := do(t, netSide()), do(t, freeSide(rt))
	if w, g := strings.Join(want, "\n\t"), strings.Join(got, "\n\t"); w != g {
		t.Errorf("net:\n\t%s\nfree:\n\t%s", w, g)
	}
}

type deadliner interface{ SetDeadline(time.Time) error }

// saidOf is said for an error that names no connection, with ports left out.
func saidOf(err error) string {
	s := said(nil, err)
	for i := len(s) - 1; i > 0; i-- { // ports differ
		if s[i-1] == ':' && s[i] >= '0' && s[i] <= '9' {
			j := i
			for j < len(s) && s[j] >= '0' && s[j] <= '9' {
				j++
			}
			s = s[:i] + "N" + s[j:]
		}
	}
	return s
}

func TestFreeListenersBehaveAsPackageNets(t *testing.T) {
	for _, network := range []string{"tcp", "tcp4", "unix"} {
		if network == "unix" && runtime.GOOS == "windows" {
			continue
		}
		t.Run(network, func(t *testing.T) {
			compare(t, func(t *testing.T, s side) (out []string) {
				l, err := s.listen(network, address(t, network))
				if err != nil {
					t.Fatal(err)
				}
				_, again := s.listen(network, l.Addr().String())
				out = append(out, l.Addr().Network(), saidOf(again))
				l.(deadliner).SetDeadline(longAgo)
				_, err = l.Accept()
				out = append(out, saidOf(err))
				l.(deadliner).SetDeadline(time.Time{})
				accepts := []<-chan error{
					waiting(func() error { _, err := l.Accept(); return err }),
					waiting(func() error { _, err := l.Accept(); return err }),
				}
				out = append(out, saidOf(l.Close()), saidOf(l.Close()))
				for _, a := range accepts {
					out = append(out, saidOf(<-a))
				}
				_, err = l.Accept()
				_, err2 := s.dial(t.Context(), network, l.Addr().String())
				return append(out, saidOf(err), saidOf(l.(deadliner).SetDeadline(longAgo)), saidOf(err2))
			})
		})
	}
}

func TestFreeDialsFailAsPackageNets(t *testing.T) {
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	late, cancel := context.WithDeadline(context.Background(), longAgo)
	defer cancel()
	for _, c := range []struct {
		ctx              context.Context
		network, address string
	}{
		{t.Context(), "tcp", "127.0.0.1:1"},
		{t.Context(), "tcp4", "127.0.0.1:1"},
		{t.Context(), "unix", "/no/such/name"},
		{t.Context(), "unixgram", "/no/such/name"},
		{t.Context(), "tcp", "127.0.0.1"},
		{t.Context(), "tcp", "127.0.0.1:99999"},
		{t.Context(), "other", "127.0.0.1:1"},
		{canceled, "tcp", "127.0.0.1:1"},
		{late, "tcp", "127.0.0.1:1"},
		{canceled, "unix", "/no/such/name"},
		{late, "unix", "/no/such/name"},
	} {
		if strings.HasPrefix(c.network, "unix") && runtime.GOOS == "windows" {
			continue
		}
		t.Run(c.network+" "+c.address, func(t *testing.T) {
			compare(t, func(t *testing.T, s side) []string {
				conn, err := s.dial(c.ctx, c.network, c.address)
				// Ours is os.ErrDeadlineExceeded, too, as the timeouts of all other calls are.
				return []string{fmt.Sprint(conn == nil), strings.Replace(saidOf(err), ", is i/o timeout", "", 1)}
			})
		})
	}
}

func TestFreePacketsBehaveAsPackageNets(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the calls and errors of package net are others")
	}
	compare(t, func(t *testing.T, s side) (out []string) {
		p, err := s.packet("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		c, err := s.dial(t.Context(), "udp", p.LocalAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		say := func(err error) { out = append(out, said(c, err)) }
		b := make([]byte, 8)

		_, err = c.Write([]byte("hello"))
		say(err)
		n, from, err := p.ReadFrom(b)
		out = append(out, string(b[:n]), fmt.Sprintf("%T %v", from, from.String() == c.LocalAddr().String()))
		say(err)
		_, err = p.WriteTo(nil, from) // an empty datagram
		say(err)
		n, err = c.Read(b)
		out = append(out, fmt.Sprint(n))
		say(err)
		_, err = p.WriteTo([]byte("longer than b"), from)
		say(err)
		n, err = c.Read(b)
		out = append(out, string(b[:n]))
		say(err)

		u := p.(udpConn)
		_, err = c.(udpConn).WriteToUDPAddrPort([]byte("x"), netip.MustParseAddrPort("127.0.0.1:1"))
		say(err)
		_, err = p.(net.Conn).Write([]byte("x"))
		out = append(out, fmt.Sprint(err != nil))
		_, err = u.WriteToUDP([]byte("x"), nil)
		out = append(out, saidOf(err))
		_, err = p.WriteTo([]byte("x"), &net.TCPAddr{})
		out = append(out, saidOf(err))
		out = append(out, fmt.Sprint(p.(net.Conn).RemoteAddr() == nil))

		_, _, err = c.(udpConn).WriteMsgUDP([]byte("msg"), nil, nil)
		say(err)
		n, oobn, flags, addr, err := u.ReadMsgUDP(b, nil)
		out = append(out, string(b[:n]), fmt.Sprint(oobn, flags, addr.String() == c.LocalAddr().String()))
		say(err)
		_, _, err = u.WriteMsgUDP([]byte("back"), nil, addr)
		say(err)
		n, err = c.Read(b)
		out = append(out, string(b[:n]))
		say(err)

		p.SetReadDeadline(longAgo)
		_, _, err = p.ReadFrom(b)
		out = append(out, saidOf(err))
		_, err = c.Read(nil)
		say(err)
		p.SetReadDeadline(time.Time{})
		ended := waiting(func() error { _, _, err := p.ReadFrom(b); return err })
		say(p.Close())
		out = append(out, saidOf(<-ended), saidOf(p.Close()))
		_, err = p.WriteTo([]byte("x"), from)
		return append(out, saidOf(err))
	})
}

// udpConn is what *net.UDPConn and *stdnet.UDPConn have beyond net.PacketConn.
type udpConn interface {
	net.Conn
	net.PacketConn
	syscall.Conn
	SetReadBuffer(int) error
	SetWriteBuffer(int) error
	ReadFromUDP([]byte) (int, *net.UDPAddr, error)
	ReadFromUDPAddrPort([]byte) (int, netip.AddrPort, error)
	WriteToUDP([]byte, *net.UDPAddr) (int, error)
	WriteToUDPAddrPort([]byte, netip.AddrPort) (int, error)
	ReadMsgUDP(b, oob []byte) (n, oobn, flags int, addr *net.UDPAddr, err error)
	WriteMsgUDP(b, oob []byte, addr *net.UDPAddr) (n, oobn int, err error)
}

var _, _ udpConn = (*net.UDPConn)(nil), (*stdnet.UDPConn)(nil)

func TestFreeUnixMessagesBehaveAsPackageNets(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no datagrams")
	}
	compare(t, func(t *testing.T, s side) (out []string) {
		p, err := s.packet("unixgram", address(t, "unixgram"))
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		c, err := s.dial(t.Context(), "unixgram", p.LocalAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		b := make([]byte, 8)
		_, err = c.Write([]byte("hello"))
		n, from, err2 := p.ReadFrom(b)
		out = append(out, said(c, err), string(b[:n]), fmt.Sprint(from == nil), said(c, err2))
		_, err = c.Write(nil)
		n, _, err2 = p.ReadFrom(b)
		out = append(out, said(c, err), fmt.Sprint(n), said(c, err2))
		_, err = c.(net.PacketConn).WriteTo([]byte("x"), p.LocalAddr())
		p.(deadliner).SetDeadline(longAgo)
		_, _, err2 = p.ReadFrom(b)
		return append(out, saidOf(err), saidOf(err2))
	})
}

func TestFreeSeqpacketsKeepTheirBoundaries(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("not every system has them")
	}
	rt := newRuntime(t, executor.Options{})
	c, peer := connected(t, freeSide(rt), freeSide(rt), "unixpacket")
	for _, m := range []string{"one", "two"} {
		if _, err := c.Write([]byte(m)); err != nil {
			t.Fatal(err)
		}
	}
	b := make([]byte, 8)
	for _, want := range []string{"one", "two"} {
		if n, err := peer.Read(b); string(b[:n]) != want || err != nil {
			t.Errorf("got %q, %v; want %q", b[:n], err, want)
		}
	}
	c.Close()
	if n, err := peer.Read(b); n != 0 || err != io.EOF {
		t.Errorf("after the end: %d, %v", n, err)
	}
}
