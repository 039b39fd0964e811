package tcp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

// cutUp cuts msg into buffers of growing length, empty ones among them.
func cutUp(msg []byte) (bufs net.Buffers) {
	for i := 0; len(msg) > 0; i++ {
		n := min(i*i, len(msg))
		bufs = append(bufs, msg[:n], nil)
		msg = msg[n:]
	}
	return bufs
}

func TestWriteBuffers(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, c := connect(t, rt)
	for _, size := range []int{0, 1, 1000, 4 << 20} { // the last is more than there is room for
		msg := random(size)
		bufs := cutUp(msg)
		h := executor.Do(rt, func(co *coro.Co) error {
			n, err := s.WriteBuffers(co, &bufs)
			if err == nil && (n != int64(size) || len(bufs) != 0) {
				err = fmt.Errorf("%d bytes of %d, %d buffers are left", n, size, len(bufs))
			}
			return err
		})
		got := make([]byte, size)
		if _, err := io.ReadFull(c, got); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, msg) {
			t.Errorf("%d bytes came changed", size)
		}
		if err := nettest.Finish(t, h); err != nil {
			t.Error(err)
		}
	}
}

func TestReadBuffers(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, c := connect(t, rt)
	msg := random(1 << 20)
	h := executor.Do(rt, func(co *coro.Co) error {
		var got []byte
		for {
			bufs := [][]byte{make([]byte, 3), nil, make([]byte, 5), make([]byte, 70000)}
			n, err := s.ReadBuffers(co, bufs)
			if err == io.EOF && bytes.Equal(got, msg) {
				return nil
			}
			if err != nil {
				return err
			}
			all := bytes.Join(bufs, nil)
			got = append(got, all[:n]...)
		}
	})
	c.Write(msg)
	c.CloseWrite()
	if err := nettest.Finish(t, h); err != nil {
		t.Error(err)
	}
	nettest.Do(t, rt, func(co *coro.Co) error {
		if n, err := s.ReadBuffers(co, nil); n != 0 || err != nil {
			return fmt.Errorf("into nothing: %d, %w", n, err)
		}
		return nil
	})
}

// What was not written stays.
func TestWriteBuffersThatFails(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, _ := connect(t, rt)
	const size = 32 << 20
	bufs := net.Buffers{make([]byte, size/2), make([]byte, size/2)}
	var n int64
	h := executor.Do(rt, func(co *coro.Co) (err error) { n, err = s.WriteBuffers(co, &bufs); return err })
	nettest.Settle(rt)
	s.SetWriteDeadline(time.Now())
	wantIs(t, nettest.Finish(t, h), "write", os.ErrDeadlineExceeded)
	left := int64(0)
	for _, b := range bufs {
		left += int64(len(b))
	}
	if n+left != size {
		t.Errorf("%d bytes were written and %d are left, of %d", n, left, size)
	}
	s.Close()
	_, err := executor.BlockOn[error](t.Context(), rt, future(func(cx *core.Context) (error, bool) {
		_, ready, err := s.PollWriteBuffers(cx, &bufs)
		return err, ready
	}))
	if err != nil {
		t.Error(err)
	}
}

// future is a future of a function.
type future func(cx *core.Context) (error, bool)

func (f future) Poll(cx *core.Context) (error, bool) { return f(cx) }

func TestBuffersInPollStyle(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s, c := connect(t, rt)
	msg := random(2 << 20)
	bufs := cutUp(msg)
	w := executor.Spawn[error](rt, future(func(cx *core.Context) (error, bool) {
		for len(bufs) > 0 {
			if _, ready, err := s.PollWriteBuffers(cx, &bufs); !ready || err != nil {
				return err, ready
			}
		}
		return nil, true
	}))
	var got []byte
	r := executor.Spawn[error](rt, future(func(cx *core.Context) (error, bool) {
		for len(got) < len(msg) {
			in := [][]byte{make([]byte, 100), make([]byte, 10000)}
			n, ready, err := s.PollReadBuffers(cx, in)
			if !ready || err != nil {
				return err, ready
			}
			got = append(got, bytes.Join(in, nil)[:n]...)
		}
		return nil, true
	}))
	io.CopyN(struct{ io.Writer }{c}, struct{ io.Reader }{c}, int64(len(msg))) // without a pipe of package net
	nettest.Do(t, rt, func(co *coro.Co) error {
		err1, jerr1 := w.Join(co)
		err2, jerr2 := r.Join(co)
		return errors.Join(err1, jerr1, err2, jerr2)
	})
	if !bytes.Equal(got, msg) {
		t.Error("it came back changed")
	}
}

func ExampleStream_WriteBuffers() {
	text, err := executor.Run(context.Background(), executor.Options{}, func(co *coro.Co) (string, error) {
		l, err := tcp.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", err
		}
		defer l.Close()
		c, err := tcp.Dial(co, "tcp", l.Addr().String())
		if err != nil {
			return "", err
		}
		defer c.Close()
		s, err := l.Accept(co)
		if err != nil {
			return "", err
		}
		defer s.Close()

		message := net.Buffers{[]byte("a header, "), []byte("and a body")}
		if _, err := c.WriteBuffers(co, &message); err != nil {
			return "", err
		}
		buf := make([]byte, 100)
		n, err := s.Read(co, buf)
		return string(buf[:n]), err
	})
	fmt.Println(text, err)
	// Output: a header, and a body <nil>
}
