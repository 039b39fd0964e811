// Echo is a TCP server that sends back what it receives, on all cores.
//
//	go run ./executor/example/echo          then, in another terminal: nc 127.0.0.1 7777
//
// The folder demo has the same server in poll style too, and puts both under load.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"github.com/moduvex/moduvex-go/executor/signal"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:7777", "`host:port` to listen on")
	flag.Parse()
	if err := serve(*addr); err != nil {
		fmt.Fprintln(os.Stderr, "echo:", err)
		os.Exit(1)
	}
}

// serve echoes until Ctrl-C, and then gives replies that are under way 5 seconds.
func serve(addr string) error {
	stop := signal.NewStream(os.Interrupt, syscall.SIGTERM) // from here on they do not end the process
	defer stop.Close()
	rt, err := executor.New(executor.Options{})
	if err != nil {
		return err
	}
	defer rt.Close()
	listeners, err := tcp.ListenGroup(rt, "tcp", addr) // one for each worker
	if err != nil {
		return err
	}
	ctx, fail := context.WithCancelCause(context.Background())
	executor.Do(rt, func(co *coro.Co) error {
		err := listeners.Serve(co, echo)
		if err != nil {
			fail(err) // it cannot accept: do not wait for a signal
		}
		return err
	})
	fmt.Printf("echo: listening on %v; Ctrl-C stops it\n", listeners.Addr())
	_, err = signal.ShutdownOnSignal(ctx, rt, 5*time.Second, stop)
	return err
}

// echo is the task of one connection. Serve closes the connection when echo has returned.
func echo(co *coro.Co, conn *tcp.Stream) {
	buf := make([]byte, 4096)
	for {
		// An idle connection ends as soon as the server stops: that is what UntilDrain adds.
		if err := executor.UntilDrain(co, conn.WaitReadable); err != nil {
			return
		}
		n, err := conn.Read(co, buf)
		if err != nil { // io.EOF, most often
			return
		}
		if _, err := conn.Write(co, buf[:n]); err != nil {
			return
		}
	}
}
