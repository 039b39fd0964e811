//go:build unix

package unix_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/stream"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

func TestBuffers(t *testing.T) {
	rt := nettest.NewRuntime(t)
	a, b := streams(t)
	msg := random(3 << 20)
	nettest.Do(t, rt, func(co *coro.Co) error {
		h := executor.Go(co, func(co *coro.Co) ([]byte, error) {
			var got []byte
			for {
				bufs := [][]byte{make([]byte, 10), nil, make([]byte, 5000)}
				n, err := b.ReadBuffers(co, bufs)
				if err == io.EOF {
					return got, nil
				}
				if err != nil {
					return got, err
				}
				got = append(got, bytes.Join(bufs, nil)[:n]...)
			}
		})
		bufs := net.Buffers{}
		for i, rest := 0, msg; len(rest) > 0; i++ {
			n := min(i*7, len(rest))
			bufs = append(bufs, rest[:n])
			rest = rest[n:]
		}
		n, err := a.WriteBuffers(co, &bufs)
		if n != int64(len(msg)) || len(bufs) != 0 || err != nil {
			return fmt.Errorf("%d bytes of %d, %d buffers are left, %w", n, len(msg), len(bufs), err)
		}
		a.Close()
		got, err := h.Join(co)
		if !bytes.Equal(got, msg) {
			t.Error("it came changed")
		}
		return err
	})
}

// A proxy between the families: in bulk, then in small pieces, then to the end.
func TestCopyBetweenFamilies(t *testing.T) {
	rt := nettest.NewRuntime(t)
	l, err := tcp.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	msg := random(4 << 20)
	nettest.Do(t, rt, func(co *coro.Co) error {
		client, err := tcp.Dial(co, "tcp", l.Addr().String())
		if err != nil {
			return err
		}
		defer client.Close()
		outside, err := l.Accept(co)
		if err != nil {
			return err
		}
		defer outside.Close()
		inside, server := streams(t)
		forth := executor.Go(co, func(co *coro.Co) (int64, error) {
			defer inside.CloseWrite()
			return stream.Copy(co, inside, outside)
		})
		back := executor.Go(co, func(co *coro.Co) (int64, error) {
			defer outside.CloseWrite()
			return inside.WriteTo(co, outside)
		})
		executor.Do(co, func(co *coro.Co) error { return directEcho(co, server) })
		sent := executor.Go(co, func(co *coro.Co) (int, error) {
			defer client.CloseWrite()
			for range 20 {
				if _, err := client.Write(co, []byte("small")); err != nil {
					return 0, err
				}
				co.Yield()
			}
			return client.Write(co, msg)
		})
		got := make([]byte, 100+len(msg))
		for n := 0; n < len(got); {
			m, err := client.Read(co, got[n:])
			if err != nil {
				return err
			}
			n += m
		}
		if !bytes.Equal(got, append(bytes.Repeat([]byte("small"), 20), msg...)) {
			t.Error("it came back changed")
		}
		if _, err := client.Read(co, got); err != io.EOF {
			return fmt.Errorf("after all: %w", err)
		}
		if _, err := sent.Join(co); err != nil {
			return err
		}
		for _, h := range []interface {
			Join(*coro.Co) (int64, error)
		}{forth, back} {
			if n, err := h.Join(co); err != nil || n != int64(len(got)) {
				return fmt.Errorf("%d bytes were copied, %w", n, err)
			}
		}
		return nil
	})
}
