//go:build unix

package unix_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/unix"
)

// A server that echoes, and a client, in direct style.
func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	reply, err := executor.Run(context.Background(), executor.Options{}, func(co *coro.Co) (string, error) {
		l, err := unix.Listen(filepath.Join(dir, "socket"))
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
			return s.WriteTo(co, s)
		})

		c, err := unix.Dial(co, l.Addr().String())
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

// A descriptor is passed along with a byte: here the end of a pipe.
func ExampleStream_WriteMsg() {
	text, err := executor.Run(context.Background(), executor.Options{}, func(co *coro.Co) (string, error) {
		a, b, err := unix.StreamPair()
		if err != nil {
			return "", err
		}
		defer a.Close()
		defer b.Close()
		r, w, err := os.Pipe()
		if err != nil {
			return "", err
		}
		defer r.Close()
		_, err = a.WriteMsg(co, []byte("!"), []int{int(w.Fd())})
		w.Close() // what was sent stays open
		if err != nil {
			return "", err
		}

		buf, fds := make([]byte, 1), make([]int, 1)
		if _, _, err := b.ReadMsg(co, buf, fds); err != nil {
			return "", err
		}
		syscall.Write(fds[0], []byte("through the pipe"))
		syscall.Close(fds[0])
		text, err := io.ReadAll(r)
		return string(text), err
	})
	fmt.Println(text, err)
	// Output: through the pipe <nil>
}

func ExampleSeqpacketPair() {
	a, b, err := unix.SeqpacketPair()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer a.Close()
	defer b.Close()
	err = executor.Main(context.Background(), executor.Options{}, func(co *coro.Co) error {
		for _, word := range []string{"one", "two"} {
			if _, err := a.Write(co, []byte(word)); err != nil {
				return err
			}
		}
		buf := make([]byte, 100)
		for range 2 {
			n, err := b.Read(co, buf)
			if err != nil {
				return err
			}
			fmt.Println(string(buf[:n]))
		}
		return nil
	})
	fmt.Println(err)
	// Output:
	// one
	// two
	// <nil>
}

// A greeter replies to one datagram, in poll style.
type greeter struct {
	s    *unix.Datagram
	from string // empty until a datagram has arrived
}

func (g *greeter) Poll(cx *core.Context) (error, bool) {
	if g.from == "" {
		var buf [100]byte
		_, from, ready, err := g.s.PollReadFrom(cx, buf[:])
		if !ready || err != nil {
			return err, ready
		}
		g.from = from
	}
	_, ready, err := g.s.PollWriteTo(cx, []byte("good day"), g.from)
	return err, ready
}

func ExampleBind() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	reply, err := executor.Run(context.Background(), executor.Options{}, func(co *coro.Co) (string, error) {
		a, err := unix.Bind(filepath.Join(dir, "a"))
		if err != nil {
			return "", err
		}
		defer a.Close()
		b, err := unix.Bind(filepath.Join(dir, "b"))
		if err != nil {
			return "", err
		}
		defer b.Close()
		executor.Spawn[error](co, &greeter{s: a})
		if _, err := b.WriteTo(co, []byte("hello"), a.LocalAddr().String()); err != nil {
			return "", err
		}
		buf := make([]byte, 100)
		n, err := b.Read(co, buf)
		return string(buf[:n]), err
	})
	fmt.Println(reply, err)
	// Output: good day <nil>
}

func ExampleStream_PeerCredentials() {
	a, b, err := unix.StreamPair()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer a.Close()
	defer b.Close()
	c, err := a.PeerCredentials()
	if err != nil {
		c.UID = os.Getuid() // the system does not tell
	}
	fmt.Println(c.UID == os.Getuid())
	// Output: true
}

func ExampleDialFuture() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	l, err := unix.Listen(filepath.Join(dir, "socket"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close()
	err = executor.Main(context.Background(), executor.Options{}, func(co *coro.Co) error {
		d, err := coro.Await[core.Result[*unix.Stream]](co, unix.DialFuture(l.Addr().String()))
		if err != nil {
			return err
		}
		if d.Err != nil {
			return d.Err
		}
		defer d.Value.Close()
		fmt.Println(d.Value.RemoteAddr().String() == l.Addr().String())
		return nil
	})
	fmt.Println(err)
	// Output:
	// true
	// <nil>
}

// A file goes to the peer without coming to the process.
func ExampleStream_SendFile() {
	text, err := executor.Run(context.Background(), executor.Options{}, func(co *coro.Co) (string, error) {
		a, b, err := unix.StreamPair()
		if err != nil {
			return "", err
		}
		defer a.Close()
		defer b.Close()
		f, err := os.Open("testdata/greeting.txt")
		if err != nil {
			return "", err
		}
		defer f.Close()
		n, err := a.SendFile(co, f)
		if err != nil {
			return "", err
		}
		buf := make([]byte, n)
		_, err = b.Read(co, buf)
		return string(buf), err
	})
	fmt.Print(text, err)
	// Output:
	// hello, world
	// <nil>
}

// An ordinary goroutine takes what has arrived, and never waits.
func ExampleStream_TryRead() {
	a, b, err := unix.StreamPair()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer a.Close()
	defer b.Close()
	buf := make([]byte, 100)
	_, ok, err := b.TryRead(buf)
	fmt.Println(ok, err)
	_, _, _ = a.TryWrite([]byte("hello"))
	n, ok, err := b.TryRead(buf)
	fmt.Println(string(buf[:n]), ok, err)
	// Output:
	// false <nil>
	// hello true <nil>
}

// A connection that package net has made becomes a Stream.
func ExampleFromConn() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	l, err := net.Listen("unix", filepath.Join(dir, "socket"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close()
	c, err := net.Dial("unix", l.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := unix.FromConn(c)
	if err != nil {
		_ = c.Close()
		fmt.Println(err)
		return
	}
	defer s.Close()
	n, ok, err := s.TryWrite([]byte("hello"))
	fmt.Println(n, ok, err)
	// Output: 5 true <nil>
}
