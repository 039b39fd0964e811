// Proxy forwards TCP connections to another address.
//
//	go run ./executor/example/proxy -to 127.0.0.1:80          then: curl http://127.0.0.1:7779/
//
// Each direction of a connection ends by itself, so that a client that has ended its request still gets the reply. A
// client beyond the limit of connections (-max), or without a backend that can be reached in time (-dial-timeout), is
// reset at once, and the log says why. A connection over which no byte comes from either side for a while (-idle) is
// closed. When the program is interrupted the port refuses, and connections may go on for a while (-grace).
//
// main.go starts and stops the proxy, proxy.go is one connection, idle.go the idle timeout.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"syscall"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/lock"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"github.com/moduvex/moduvex-go/executor/signal"
)

func main() {
	p := &proxy{log: slog.Default()}
	addr := flag.String("addr", "127.0.0.1:7779", "`host:port` to listen on")
	flag.StringVar(&p.backend, "to", "", "`host:port` to forward to")
	limit := flag.Int("max", 10000, "connections at a time")
	flag.DurationVar(&p.idle, "idle", 5*time.Minute, "how long a connection may be silent")
	flag.DurationVar(&p.dialer.Timeout, "dial-timeout", 5*time.Second, "how long connecting to the backend may take")
	grace := flag.Duration("grace", 10*time.Second, "how long connections may go on after an interrupt")
	flag.Parse()
	p.slots = lock.NewSemaphore(*limit)
	if err := p.run(*addr, *grace); err != nil {
		fmt.Fprintln(os.Stderr, "proxy:", err)
		os.Exit(1)
	}
}

// run forwards until Ctrl-C.
func (p *proxy) run(addr string, grace time.Duration) error {
	if p.backend == "" {
		return fmt.Errorf("-to is missing: the address to forward to")
	}
	stop := signal.NewStream(os.Interrupt, syscall.SIGTERM)
	defer stop.Close()
	rt, err := executor.New(executor.Options{})
	if err != nil {
		return err
	}
	defer rt.Close()
	listeners, err := tcp.ListenGroup(rt, "tcp", addr)
	if err != nil {
		return err
	}
	ctx, fail := context.WithCancelCause(context.Background())
	executor.Do(rt, func(co *coro.Co) error {
		err := listeners.Serve(co, p.serve)
		if err != nil {
			fail(err)
		}
		return err
	})
	fmt.Printf("proxy: listening on %v for %s; Ctrl-C stops it\n", listeners.Addr(), p.backend)
	_, err = signal.ShutdownOnSignal(ctx, rt, grace, stop)
	return err
}
