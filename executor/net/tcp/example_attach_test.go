package tcp_test

import (
	"fmt"
	"net"

	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

// A listener that ordinary goroutines accept from belongs to a runtime from the start: it closes when that drains.
func ExampleListener_Attach() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		panic(err)
	}
	l, err := tcp.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	p := rt.Parker(0)
	err = l.Attach(p.Context())
	p.Release()
	fmt.Println(err)

	fmt.Println(rt.Close())
	_, err = net.Dial("tcp", l.Addr().String())
	fmt.Println(err != nil)
	// Output:
	// <nil>
	// <nil>
	// true
}
