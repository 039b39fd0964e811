package iocp_test

import (
	"fmt"
	"net"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/iocp"
)

// A program with a loop of its own watches a listener.
func ExampleNew() {
	//guide:begin new
	p, err := iocp.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer p.Close()

	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close()

	raw, err := l.SyscallConn()
	if err != nil {
		fmt.Println(err)
		return
	}
	raw.Control(func(fd uintptr) { err = p.Add(fd, 42, reactor.Readable, reactor.Level) })
	if err != nil {
		fmt.Println(err)
		return
	}
	defer raw.Control(func(fd uintptr) { p.Delete(fd) }) // before the close

	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	events, err := p.Wait(nil, -1)
	fmt.Println(events, err) // [{42 ReadReady}] <nil>
	//guide:end new
	// Output:
	// [{42 ReadReady}] <nil>
}
