package guide

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

//guide:begin lines

// idle is how long a client may take for a line, and for taking the reply.
const idle = time.Minute

// addLines is the task of a connection. Each line it receives is a number; the reply is the sum so far.
func addLines(co *coro.Co, conn *tcp.Stream) {
	lines := bufio.NewScanner(reader{co, conn})
	lines.Buffer(nil, 64) // a longer line is an error, and ends the connection
	for sum := 0; ; {
		if err := conn.SetDeadline(time.Now().Add(idle)); err != nil {
			return
		}
		more := false
		err := executor.UntilDrain(co, func(*coro.Co) error {
			more = lines.Scan()
			return lines.Err()
		})
		if err != nil || !more {
			return
		}
		n, err := strconv.Atoi(lines.Text())
		if err != nil {
			fmt.Fprintln(writer{co, conn}, "error:", err)
			continue
		}
		sum += n
		if _, err := fmt.Fprintln(writer{co, conn}, sum); err != nil {
			return
		}
	}
}

// reader and writer make a stream an io.Reader and an io.Writer, for bufio, fmt, encoding/json and the like. That code
// runs in the body of co, so it may await like the rest of the body.
type reader struct {
	co   *coro.Co
	conn *tcp.Stream
}

func (r reader) Read(b []byte) (int, error) { return r.conn.Read(r.co, b) }

type writer reader

func (w writer) Write(b []byte) (int, error) { return w.conn.Write(w.co, b) }

//guide:end lines

func Example_lines() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	l, err := tcp.ListenGroup(rt, "tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	executor.Do(rt, func(co *coro.Co) error { return l.Serve(co, addLines) })

	// A client of package net: the server cannot tell.
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	fmt.Fprint(c, "1\n2\nthree\n39\n")
	for replies := bufio.NewScanner(io.LimitReader(c, 65)); replies.Scan(); {
		fmt.Println(replies.Text())
		if replies.Text() == "42" {
			break
		}
	}
	fmt.Println(rt.Shutdown(context.Background())) // ends the connection, which is idle
	// Output:
	// 1
	// 3
	// error: strconv.Atoi: parsing "three": invalid syntax
	// 42
	// <nil>
}
