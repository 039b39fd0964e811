// Chat is a chat server for lines of text: what one client sends, all others see.
//
//	go run ./executor/example/chat          then, in further terminals: nc 127.0.0.1 7778
//
// The server asks for a name first. /who lists the names, /quit leaves, and so does the end of the connection.
//
// A client costs two tasks: one reads its lines, the other sends it those of the others. All lines pass through one
// broadcast channel of bounded size. A client that is too slow misses lines, and the server tells it how many. It
// delays no other client, and the server keeps no queue for it. A client that takes nothing for 30 seconds is disconnected.
//
// main.go starts and stops the server, room.go is what the clients share, member.go is one client.
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
	addr := flag.String("addr", "127.0.0.1:7778", "`host:port` to listen on")
	grace := flag.Duration("grace", 5*time.Second, "how long clients may take the last lines when the server stops")
	flag.Parse()
	if err := serve(*addr, *grace); err != nil {
		fmt.Fprintln(os.Stderr, "chat:", err)
		os.Exit(1)
	}
}

// serve chats until Ctrl-C.
func serve(addr string, grace time.Duration) error {
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
	room := newRoom()
	ctx, fail := context.WithCancelCause(context.Background())
	executor.Do(rt, func(co *coro.Co) error {
		err := listeners.Serve(co, room.serve)
		if err != nil {
			fail(err)
		}
		return err
	})
	fmt.Printf("chat: listening on %v; Ctrl-C stops it\n", listeners.Addr())
	_, err = signal.ShutdownOnSignal(ctx, rt, grace, stop)
	return err
}
