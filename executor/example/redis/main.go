// Redis is a server for a part of the protocol and the commands of Redis, with the keys spread over all cores.
//
//	go run ./executor/example/redis          then: redis-cli -p 7780 set greeting hello
//
// Each worker has a store of its own, which no other touches, so there is no lock. A connection stays on the worker
// that has accepted it. It runs the commands for that worker's keys itself, and sends those for other keys to the
// workers that have them, one message for all that a pipeline brings at once.
//
//	main.go      starts and stops the server
//	client.go    a connection: reads commands, runs them, writes replies
//	database.go  which worker has a key, and the messages between workers
//	store.go     the keys of one worker
//	commands.go  the commands
//	parser.go, inline.go, reply.go  the protocol
//
// A command for several keys is not atomic, as those keys may be on several workers. Nothing is saved.
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
	addr := flag.String("addr", "127.0.0.1:7780", "`host:port` to listen on")
	workers := flag.Int("workers", 0, "number of workers; 0 means the number of processors")
	flag.Parse()
	if err := serve(*addr, *workers); err != nil {
		fmt.Fprintln(os.Stderr, "redis:", err)
		os.Exit(1)
	}
}

// serve runs commands until Ctrl-C.
func serve(addr string, workers int) error {
	stop := signal.NewStream(os.Interrupt, syscall.SIGTERM)
	defer stop.Close()
	rt, err := executor.New(executor.Options{Workers: workers})
	if err != nil {
		return err
	}
	defer rt.Close()
	listeners, err := tcp.ListenGroup(rt, "tcp", addr)
	if err != nil {
		return err
	}
	db := newDatabase(rt)
	executor.GoEach(rt, db.sweep)
	ctx, fail := context.WithCancelCause(context.Background())
	executor.Do(rt, func(co *coro.Co) error {
		err := listeners.Serve(co, db.serve)
		if err != nil {
			fail(err)
		}
		return err
	})
	fmt.Printf("redis: listening on %v; Ctrl-C stops it\n", listeners.Addr())
	_, err = signal.ShutdownOnSignal(ctx, rt, 5*time.Second, stop)
	return err
}
