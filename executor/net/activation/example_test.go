package activation_test

import (
	"fmt"

	"github.com/moduvex/moduvex-go/executor/net/activation"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

// A server takes its listener from the manager, and listens itself if it was started by hand.
func Example() {
	sockets, err := activation.Take(true)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sockets.Close()
	var l *tcp.Listener
	if passed := sockets.Named("http"); len(passed) > 0 {
		l, err = passed[0].TCPListener()
	} else {
		fmt.Println("started by hand")
		l, err = tcp.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close()
	fmt.Println("listens")
	// Output:
	// started by hand
	// listens
}
