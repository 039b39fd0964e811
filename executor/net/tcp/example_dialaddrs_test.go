package tcp_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

// An ordinary goroutine looks a name up by itself, and connects to one of its addresses.
func ExampleDialer_DialAddrsFuture() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		panic(err)
	}
	defer rt.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).AddrPort().Port()

	addrs := []netip.AddrPort{ // of a look-up: nothing listens at the first one
		netip.AddrPortFrom(netip.MustParseAddr("127.0.0.2"), port),
		netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port),
	}
	d := &tcp.Dialer{}
	r, err := executor.PollHere(context.Background(), rt, d.DialAddrsFuture("tcp", addrs))
	if err != nil {
		panic(err)
	}
	s, err := r.Get()
	if err != nil {
		panic(err)
	}
	defer s.Close()
	fmt.Println(s.RemoteAddr().String() == l.Addr().String())
	// Output: true
}
