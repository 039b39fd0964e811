// Echo is a TCP server that sends back whatever it is sent.
//
//	go run ./executor/example/echo                     serves until Ctrl-C; try nc 127.0.0.1 7777
//	go run ./executor/example/echo -demo               puts the server under load, and prints a table
//
// server.go has the server, in both styles that there are; start reading there. The files demo*.go
// are the load.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

func main() {
	var (
		addr  = flag.String("addr", "127.0.0.1:7777", "`host:port` to serve on")
		style = flag.String("style", "direct", "style of the connections' tasks: direct or poll")
		load  demoConfig
		demo  = flag.Bool("demo", false, "put the server under load and print a table")
		role  = flag.String("role", "", "part to play in the demo, for the processes it starts")
	)
	flag.IntVar(&load.Conns, "conns", 10000, "connections of the demo")
	flag.DurationVar(&load.Time, "time", 5*time.Second, "how long the demo keeps them busy")
	flag.Parse()
	load.Addr, load.Style = *addr, *style

	var err error
	switch {
	case *style != "direct" && *style != "poll":
		err = fmt.Errorf("style %q is neither direct nor poll", *style)
	case *role == "server":
		err = runDemoServer(load)
	case *role == "client":
		err = runDemoClient(load)
	case *demo:
		err = runDemo(load, os.Stdout)
	default:
		err = serve(*addr, *style)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "echo:", err)
		os.Exit(1)
	}
}

// goodbye is how long connections may go on after Ctrl-C.
const goodbye = 3 * time.Second

// serve echoes until Ctrl-C.
func serve(addr, style string) error {
	stop, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()

	rt, err := executor.New(executor.Options{})
	if err != nil {
		return err
	}
	defer rt.Close()
	l, err := tcp.ListenGroup(rt, "tcp", addr)
	if err != nil {
		return err
	}
	defer l.Close()
	srv := &server{listener: l, style: style}
	accepting := executor.Go(rt, func(co *coro.Co) (struct{}, error) { return struct{}{}, srv.run(co) })
	fmt.Printf("echo: serving on %v; Ctrl-C to stop\n", l.Addr())

	if _, err := accepting.Wait(stop); !errors.Is(err, context.Canceled) {
		return err // it could not go on
	}
	cancel() // a second Ctrl-C ends the process as usual

	// In good order: no new connections; those there are may end by themselves, for a while; then
	// they are aborted, which closes them.
	fmt.Println("echo: stopping")
	if err := l.Close(); err != nil {
		return err
	}
	patience, enough := context.WithTimeout(context.Background(), goodbye)
	defer enough()
	if err := rt.Shutdown(patience); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	s := rt.Stats()
	fmt.Printf("echo: %d tasks, %d completed, %d aborted\n", s.Spawned, s.Completed, s.Cancelled)
	return nil
}
