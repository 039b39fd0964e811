//go:build unix

package signal_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"github.com/moduvex/moduvex-go/executor/signal"
)

// A server ends in good order on SIGTERM: the port refuses, the request under way gets its reply, and the
// client without one is told that the server goes.
func ExampleShutdownOnSignal() {
	stop := signal.NewStream(syscall.SIGTERM) // from here on the signal does not end the process
	rt, err := executor.New(executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	g, err := tcp.ListenGroup(rt, "tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	requests := make(chan string, 1)
	executor.Go(rt, func(co *coro.Co) (int, error) {
		return 0, g.Serve(co, func(co *coro.Co, conn *tcp.Stream) { serve(co, conn, requests) })
	})

	// Two clients that the server has greeted: one sends nothing, the other has sent a request when the signal comes.
	addr := g.Addr().String()
	var clients []net.Conn
	for range 2 {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			fmt.Println(err)
			return
		}
		defer conn.Close()
		if _, err := io.ReadFull(conn, make([]byte, len(greeting))); err != nil {
			fmt.Println(err)
			return
		}
		clients = append(clients, conn)
	}
	fmt.Fprintf(clients[1], "slow")
	fmt.Println("request:", <-requests)

	self(syscall.SIGTERM) // the operator's kill(1)
	sig, err := signal.ShutdownOnSignal(context.Background(), rt, 10*time.Second, stop)
	if second := (*signal.SecondError)(nil); errors.As(err, &second) {
		fmt.Println("cut short by", second.Signal)
	}
	fmt.Println("server:", sig, err)
	_, err = net.Dial("tcp", addr)
	fmt.Println("port refuses:", errors.Is(err, syscall.ECONNREFUSED))
	for _, conn := range clients {
		answer, _ := io.ReadAll(conn)
		fmt.Printf("client: %q\n", answer)
	}
	// Output:
	// request: slow
	// server: terminated <nil>
	// port refuses: true
	// client: "bye\n"
	// client: "done\nbye\n"
}

const greeting = "hello\n"

// serve greets a client, and replies to its requests until the client or the server goes.
func serve(co *coro.Co, conn *tcp.Stream, requests chan<- string) {
	_, _ = conn.Write(co, []byte(greeting))
	buf := make([]byte, 64)
	for {
		// Only the wait for a request ends with the drain; what comes after it goes on.
		err := executor.UntilDrain(co, func(co *coro.Co) error { return conn.WaitReadable(co) })
		if errors.Is(err, executor.ErrDraining) {
			_, _ = conn.Write(co, []byte("bye\n"))
			return
		}
		n, err := conn.Read(co, buf)
		if err != nil {
			return
		}
		requests <- string(buf[:n])
		// The reply takes until after the drain has begun.
		if _, err := coro.Await(co, executor.Draining()); err != nil {
			return
		}
		_, _ = conn.Write(co, []byte("done\n"))
	}
}
