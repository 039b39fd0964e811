package guide

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

//guide:begin poll

// A frames future reads frames from a connection, a length of two bytes and then as many bytes each, and gives them to
// handle. It is a state machine, and all its state is this struct: a connection that waits for its next frame holds 64
// bytes or so, and no stack and no buffer.
type frames struct {
	conn   *tcp.Stream
	handle func(frame []byte)
	head   [2]byte
	body   []byte // nil while the head is read
	have   int    // bytes of the head or the body that are there
}

// Poll implements core.Future. It goes on until it would have to wait: then it returns false, and the socket has
// arranged for a wake. Only the last poll returns true.
func (f *frames) Poll(cx *core.Context) (error, bool) {
	for {
		part := f.head[:]
		if f.body != nil {
			part = f.body
		}
		if f.have < len(part) {
			n, ready, err := f.conn.PollRead(cx, part[f.have:])
			if !ready {
				return nil, false
			}
			if err != nil {
				f.Drop()
				if err == io.EOF && f.body == nil && f.have == 0 {
					err = nil // between two frames
				}
				return err, true
			}
			f.have += n
			continue
		}
		if f.body == nil {
			f.body, f.have = make([]byte, binary.BigEndian.Uint16(f.head[:])), 0
			continue
		}
		f.handle(f.body)
		f.body, f.have = nil, 0
	}
}

// Drop implements core.Dropper: the runtime calls it if the task is aborted. The future owns the connection.
func (f *frames) Drop() { f.conn.Close() }

//guide:end poll

func Example_poll() {
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
	ended := make(chan error, 1)
	//guide:begin poll-spawn
	executor.Do(rt, func(co *coro.Co) error {
		return l.ServeWith(co, func(s core.Spawner, conn *tcp.Stream) {
			h := executor.Spawn[error](s, &frames{conn: conn, handle: func(frame []byte) { fmt.Printf("%s\n", frame) }})
			h.OnEnd(func() { ended <- nil })
		})
	})
	//guide:end poll-spawn
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	c.Write([]byte("\x00\x05hello\x00\x00\x00\x05wor"))
	c.Write([]byte("ld"))
	c.Close()
	<-ended
	fmt.Println(rt.Shutdown(context.Background()))
	// Output:
	// hello
	//
	// world
	// <nil>
}
