// Command echo is a TCP echo server on the runtime.
//
//	go run ./executor/example/echo -addr 127.0.0.1:7007     serve until Ctrl-C; try it with nc
//	go run ./executor/example/echo -demo                    drive it with verified load
//
// server.go is the server, in both styles; the rest drives it and counts.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:7007", "where to serve")
	style := flag.String("style", "direct", "how connections are served: direct or poll")
	demo := flag.Bool("demo", false, "drive the server with verified load, print a table, and exit")
	conns := flag.Int("conns", 10_000, "with -demo: connections at the same time")
	rounds := flag.Int("rounds", 20, "with -demo: requests on each connection")
	client := flag.String("client", "", "used by -demo: be the client of the server at this address")
	flag.Parse()

	var err error
	switch {
	case flag.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", flag.Arg(0))
	case *conns < 3 || *rounds < 2:
		err = errors.New("-conns must be at least 3 and -rounds at least 2")
	case *client != "":
		err = runClient(*client, *conns, *rounds)
	case *demo:
		err = runDemo(*conns, *rounds)
	default:
		err = serveUntilInterrupt(*addr, *style)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "echo:", err)
		os.Exit(1)
	}
}

// serveUntilInterrupt is the server as one would write it.
func serveUntilInterrupt(addr, style string) error {
	spawn, err := styleOf(style)
	if err != nil {
		return err
	}
	rt, err := executor.New(executor.Options{})
	if err != nil {
		return err
	}
	l, err := tcp.Listen("tcp", addr)
	if err != nil {
		return errors.Join(err, rt.Close())
	}
	s := &server{spawn: spawn}
	accepting := executor.Go(executor.Named(rt, "accept"), s.accept(l))
	fmt.Println("echo: serving on", l.Addr())

	interrupt, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	select {
	case <-accepting.Done():
	case <-interrupt.Done():
	}
	fmt.Println("echo: closing after", s.accepted(), "connections")
	accepting.Abort()
	_, err = accepting.Wait(context.Background())
	if interrupt.Err() != nil {
		err = nil // it was told to end
	}
	grace, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if e := rt.Shutdown(grace); e != nil && !errors.Is(e, context.DeadlineExceeded) {
		err = errors.Join(err, e)
	}
	return err
}
