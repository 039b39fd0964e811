//go:build unix

package tcp_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

// readRaw reads by a system call of its own, as code does that knows nothing of tasks.
func readRaw(c syscall.Conn, b []byte) (n int, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	rerr := raw.Read(func(fd uintptr) (done bool) {
		n, err = syscall.Read(int(fd), b)
		return err != syscall.EAGAIN
	})
	return n, errors.Join(rerr, err)
}

// A function that takes a syscall.Conn reads from a Stream. In a task it suspends the body.
func ExampleStream_RawConn() {
	text, err := executor.Run(context.Background(), executor.Options{}, func(co *coro.Co) (string, error) {
		s, peer, err := connection(co)
		if err != nil {
			return "", err
		}
		defer s.Close()
		defer peer.Close()
		executor.Do(co, func(co *coro.Co) error { _, err := peer.Write(co, []byte("hello")); return err })
		buf := make([]byte, 100)
		n, err := readRaw(s.RawConn(co), buf)
		return string(buf[:n]), err
	})
	fmt.Println(text, err)
	// Output: hello <nil>
}

// The same function on an ordinary goroutine, which waits through a Parker of the runtime.
func ExampleStream_RawConnWith() {
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
	go func() {
		peer, err := net.Dial("tcp", l.Addr().String())
		if err == nil {
			_, _ = peer.Write([]byte("hello"))
			_ = peer.Close()
		}
	}()
	h := executor.Go(rt, func(co *coro.Co) (*tcp.Stream, error) { return l.Accept(co) })
	s, err := h.Wait(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	buf := make([]byte, 100)
	n, err := readRaw(s.RawConnWith(func() tcp.Waiter { return rt.Parker(0) }), buf)
	fmt.Println(string(buf[:n]), err)
	// Output: hello <nil>
}

// connection makes both ends of a connection.
func connection(co *coro.Co) (s, peer *tcp.Stream, err error) {
	l, err := tcp.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	defer l.Close()
	if peer, err = tcp.Dial(co, "tcp", l.Addr().String()); err != nil {
		return nil, nil, err
	}
	if s, err = l.Accept(co); err != nil {
		_ = peer.Close()
	}
	return s, peer, err
}
