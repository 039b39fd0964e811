package stream_test

import (
	"context"
	"fmt"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/stream"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

// A proxy: bytes that arrive on either side go out on the other.
func ExampleCopyBidirectional() {
	err := executor.Main(context.Background(), executor.Options{}, func(co *coro.Co) error {
		l, err := tcp.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer l.Close()
		proxied := executor.Do(co, func(co *coro.Co) error {
			front, err := l.Accept(co)
			if err != nil {
				return err
			}
			defer front.Close()
			back, err := l.Accept(co) // a real proxy dials
			if err != nil {
				return err
			}
			defer back.Close()
			toFront, toBack, err := stream.CopyBidirectional(co, front, back)
			fmt.Println(toFront, "and", toBack, "bytes")
			return err
		})
		say := func(words string) (*tcp.Stream, error) {
			s, err := tcp.Dial(co, "tcp", l.Addr().String())
			if err != nil {
				return nil, err
			}
			if _, err := s.Write(co, []byte(words)); err != nil {
				return nil, err
			}
			return s, s.CloseWrite()
		}
		for _, words := range []string{"hello", "bye"} {
			s, err := say(words)
			if err != nil {
				return err
			}
			defer s.Close()
		}
		_, err = proxied.Join(co)
		return err
	})
	fmt.Println(err)
	// Output:
	// 3 and 5 bytes
	// <nil>
}
