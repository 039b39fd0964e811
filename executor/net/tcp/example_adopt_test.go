package tcp_test

import (
	"context"
	"fmt"
	"net"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

// A connection that package net has made becomes a Stream.
func ExampleFromConn() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close()
	go func() {
		if peer, err := l.Accept(); err == nil {
			_, _ = peer.Write([]byte("hello"))
			_ = peer.Close()
		}
	}()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := tcp.FromConn(c)
	if err != nil {
		_ = c.Close()
		fmt.Println(err)
		return
	}
	text, err := executor.Run(context.Background(), executor.Options{}, func(co *coro.Co) (string, error) {
		defer s.Close()
		buf := make([]byte, 100)
		n, err := s.Read(co, buf)
		return string(buf[:n]), err
	})
	fmt.Println(text, err)
	// Output: hello <nil>
}

// A listener goes to another owner, such as a child process, as a file.
func ExampleFileListener() {
	l, err := tcp.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	f, err := l.File()
	_ = l.Close() // the file keeps the port
	if err != nil {
		fmt.Println(err)
		return
	}
	second, err := tcp.FileListener(f)
	_ = f.Close()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer second.Close()
	fmt.Println(second.Addr().String() == l.Addr().String())
	// Output: true
}
