package tcp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/stream"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

// A server that echoes, and a client, in direct style.
func Example() {
	reply, err := executor.Run(context.Background(), executor.Options{}, func(co *coro.Co) (string, error) {
		l, err := tcp.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", err
		}
		defer l.Close()
		executor.Do(co, func(co *coro.Co) error {
			for {
				s, err := l.Accept(co)
				if err != nil {
					return err
				}
				executor.GoOwning(co, s, func(co *coro.Co) (int64, error) {
					defer s.Close()
					return stream.Copy(co, s, s)
				})
			}
		})

		c, err := tcp.Dial(co, "tcp", l.Addr().String())
		if err != nil {
			return "", err
		}
		defer c.Close()
		if _, err := c.Write(co, []byte("hello")); err != nil {
			return "", err
		}
		buf := make([]byte, 100)
		n, err := c.Read(co, buf)
		return string(buf[:n]), err
	})
	fmt.Println(reply, err)
	// Output: hello <nil>
}

// An echoer is the same connection in poll style: a struct of what it knows between two polls.
type echoer struct {
	s   *tcp.Stream
	buf [512]byte
	out []byte // read, and not yet written
}

func (e *echoer) Poll(cx *core.Context) (error, bool) {
	for {
		for len(e.out) > 0 {
			n, ready, err := e.s.PollWrite(cx, e.out)
			if !ready {
				return nil, false
			}
			if err != nil {
				return errors.Join(err, e.s.Close()), true
			}
			e.out = e.out[n:]
		}
		n, ready, err := e.s.PollRead(cx, e.buf[:])
		if !ready {
			return nil, false
		}
		if err != nil { // io.EOF, if all is well
			return errors.Join(err, e.s.Close()), true
		}
		e.out = e.buf[:n]
	}
}

// Drop is called if the task is aborted while it waits.
func (e *echoer) Drop() { e.s.Close() }

func ExampleStream_PollRead() {
	l, err := tcp.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close()
	rt, err := executor.New(executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	executor.Do(rt, func(co *coro.Co) error {
		for {
			s, err := l.Accept(co)
			if err != nil {
				return err
			}
			executor.Spawn[error](co, &echoer{s: s})
		}
	})

	c, err := net.Dial("tcp", l.Addr().String()) // a client that knows nothing of tasks
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	fmt.Fprint(c, "polled")
	c.(*net.TCPConn).CloseWrite()
	reply, err := io.ReadAll(c)
	fmt.Printf("%s %v\n", reply, err)
	// Output: polled <nil>
}

func ExampleDial() {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	closed.Close()
	err = executor.Main(context.Background(), executor.Options{}, func(co *coro.Co) error {
		s, err := tcp.Dial(co, "tcp", closed.Addr().String())
		if err != nil {
			return err
		}
		return s.Close()
	})
	var oe *net.OpError
	if errors.As(err, &oe) {
		fmt.Println(oe.Op, oe.Net, errors.Is(err, syscall.ECONNREFUSED)) // on Windows, too
	}
	// Output: dial tcp true
}

func ExampleListenConfig_Listen() {
	lc := tcp.ListenConfig{ReusePort: true}
	a, err := lc.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(errors.Is(err, errors.ErrUnsupported)) // Windows has nothing like it
		return
	}
	defer a.Close()
	b, err := lc.Listen("tcp", a.Addr().String()) // one for another worker
	if err != nil {
		fmt.Println(err)
		return
	}
	defer b.Close()
	fmt.Println(a.AddrPort() == b.AddrPort())
	// Output: true
}

func ExampleListenConfig_ListenGroup() {
	rt, err := executor.New(executor.Options{Workers: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	g, err := (&tcp.ListenConfig{}).ListenGroup(rt, "tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer g.Close()

	// Each connection's task is on the worker that accepted it.
	executor.Do(rt, func(co *coro.Co) error {
		return g.Serve(co, func(co *coro.Co, conn *tcp.Stream) {
			conn.Write(co, []byte("hello"))
		})
	})

	c, err := net.Dial("tcp", g.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	said, err := io.ReadAll(c)
	fmt.Println(string(said), err)
	// Output: hello <nil>
}

// A part of a file, sent without bringing it to the process.
func ExampleStream_SendFile() {
	reply, err := executor.Run(context.Background(), executor.Options{}, func(co *coro.Co) (string, error) {
		l, err := tcp.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", err
		}
		defer l.Close()
		f, err := os.Open("testdata/greeting.txt")
		if err != nil {
			return "", err
		}
		defer f.Close()
		executor.Go(co, func(co *coro.Co) (int64, error) {
			s, err := l.Accept(co)
			if err != nil {
				return 0, err
			}
			defer s.Close()
			// A section has a position of its own, so many tasks may send of one file.
			return s.SendFile(co, io.NewSectionReader(f, 7, 5))
		})

		c, err := tcp.Dial(co, "tcp", l.Addr().String())
		if err != nil {
			return "", err
		}
		defer c.Close()
		buf := make([]byte, 100)
		n, err := c.Read(co, buf)
		return string(buf[:n]), err
	})
	fmt.Println(reply, err)
	// Output: world <nil>
}

// One task reads and another writes, each on its half. With the second half the connection is closed.
func ExampleStream_Split() {
	reply, err := executor.Run(context.Background(), executor.Options{}, func(co *coro.Co) (string, error) {
		l, err := tcp.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", err
		}
		defer l.Close()
		executor.Go(co, func(co *coro.Co) (int64, error) {
			s, err := l.Accept(co)
			if err != nil {
				return 0, err
			}
			defer s.Close()
			return stream.Copy(co, s, s)
		})

		c, err := tcp.Dial(co, "tcp", l.Addr().String())
		if err != nil {
			return "", err
		}
		r, w := c.Split()
		executor.GoOwning(co, w, func(co *coro.Co) (int, error) {
			defer w.Close() // which the peer sees as the end
			return w.Write(co, []byte("hello"))
		})
		defer r.Close()
		var all []byte
		for buf := make([]byte, 100); ; {
			n, err := r.Read(co, buf)
			all = append(all, buf[:n]...)
			if err != nil {
				return string(all), err
			}
		}
	})
	fmt.Println(reply, err)
	// Output: hello EOF
}

// An ordinary goroutine takes what has arrived, and never waits.
func ExampleStream_TryRead() {
	l, err := tcp.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close()
	peer, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer peer.Close()
	s, ok, err := l.TryAccept()
	if !ok || err != nil {
		fmt.Println(ok, err)
		return
	}
	defer s.Close()
	_, ok, err = s.TryRead(make([]byte, 100))
	fmt.Println("before the peer has written:", ok, err)
	n, ok, err := s.TryWrite([]byte("hello"))
	fmt.Println("wrote", n, ok, err)
	// Output:
	// before the peer has written: false <nil>
	// wrote 5 true <nil>
}
