package tcp_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

func TestCopyBidirectional(t *testing.T) {
	rt := newRuntime(t)
	a, ac := connect(t, rt)
	b, bc := connect(t, rt)
	type counts struct{ toA, toB int64 }
	var got counts
	proxy := start(rt, func(co *coro.Co) (err error) {
		got.toA, got.toB, err = tcp.CopyBidirectional(co, a, b)
		return err
	})
	forth, back := bytes.Repeat([]byte("forth"), 300_000), bytes.Repeat([]byte("back!"), 100_000)
	var wg sync.WaitGroup
	send := func(c *net.TCPConn, data []byte) {
		wg.Go(func() {
			if _, err := c.Write(data); err != nil {
				t.Error(err)
			}
			c.CloseWrite() // the other direction goes on
		})
	}
	check := func(c *net.TCPConn, want []byte) {
		wg.Go(func() {
			if data, err := io.ReadAll(c); err != nil || !bytes.Equal(data, want) {
				t.Errorf("%d bytes came through, %v, want %d", len(data), err, len(want))
			}
		})
	}
	send(ac, forth)
	check(bc, forth)
	send(bc, back)
	check(ac, back)
	wg.Wait()
	if err := finish(t, proxy); err != nil {
		t.Error(err)
	}
	if want := (counts{int64(len(back)), int64(len(forth))}); got != want {
		t.Errorf("counted %+v, want %+v", got, want)
	}
}

// What goes wrong in one direction ends the other, and so does an abort.
func TestCopyBidirectionalEndsAsAWhole(t *testing.T) {
	rt := newRuntime(t)
	for name, test := range map[string]struct {
		end  func(a *tcp.Stream, ac *net.TCPConn, h handle)
		want error
	}{
		"closed":  {func(a *tcp.Stream, _ *net.TCPConn, _ handle) { a.Close() }, net.ErrClosed},
		"reset":   {func(_ *tcp.Stream, ac *net.TCPConn, _ handle) { ac.SetLinger(0); ac.Close() }, nil},
		"aborted": {func(_ *tcp.Stream, _ *net.TCPConn, h handle) { h.Abort() }, core.ErrCancelled},
	} {
		t.Run(name, func(t *testing.T) {
			a, ac := connect(t, rt)
			b, _ := connect(t, rt)
			proxy := start(rt, func(co *coro.Co) error {
				_, _, err := tcp.CopyBidirectional(co, a, b)
				return err
			})
			settle(rt)
			test.end(a, ac, proxy)
			if err := finish(t, proxy); err == nil || test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("it ended with %v", err)
			}
		})
	}
}
