//go:build unix

package udp_test

import (
	"context"
	"fmt"
	"net"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/udp"
)

// A socket that package net has made becomes a Socket.
func ExampleFromPacketConn() {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := udp.FromPacketConn(c)
	if err != nil {
		_ = c.Close()
		fmt.Println(err)
		return
	}
	text, err := executor.Run(context.Background(), executor.Options{}, func(co *coro.Co) (string, error) {
		defer s.Close()
		if _, err := s.WriteTo(co, []byte("hello"), s.LocalAddrPort()); err != nil {
			return "", err
		}
		buf := make([]byte, 100)
		n, _, err := s.ReadFrom(co, buf)
		return string(buf[:n]), err
	})
	fmt.Println(text, err)
	// Output: hello <nil>
}
