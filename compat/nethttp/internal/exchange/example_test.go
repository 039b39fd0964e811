package exchange_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/moduvex/moduvex-go/compat/nethttp/internal/exchange"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

// A task serves a connection, and waits for further requests in between. A server parks the connection in a cheaper form.
func ExampleServe() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	l, err := tcp.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close()
	cfg := &exchange.Config{
		Runtime: rt,
		Server: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			err := coro.Sleep(exchange.Co(r.Context()), time.Millisecond)
			fmt.Fprintln(w, "slept:", err)
		})},
	}
	server := executor.Do(rt, func(co *coro.Co) error {
		c, err := l.Accept(co)
		if err != nil {
			return err
		}
		defer c.Close()
		var link exchange.Link
		conn := exchange.NewSocket(co, rt, c, nil)
		for exchange.Serve(co, conn, &link, cfg, nil) == exchange.Idle {
			if err := c.WaitReadable(co); err != nil {
				return err
			}
		}
		return nil
	})
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	_, _ = io.WriteString(client, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
	response, err := io.ReadAll(client)
	_, body, _ := strings.Cut(string(response), "\r\n\r\n")
	fmt.Print(body)
	_, err2 := server.Wait(context.Background())
	fmt.Println(err, err2)
	// Output:
	// slept: <nil>
	// <nil> <nil>
}
