package tcp_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/stream"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

func TestCopyBidirectional(t *testing.T) {
	rt := nettest.NewRuntime(t)
	a, ac := connect(t, rt)
	b, bc := connect(t, rt)
	type counts struct{ toA, toB int64 }
	var got counts
	proxy := executor.Do(rt, func(co *coro.Co) (err error) {
		got.toA, got.toB, err = stream.CopyBidirectional(co, a, b)
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
	if err := nettest.Finish(t, proxy); err != nil {
		t.Error(err)
	}
	if want := (counts{int64(len(back)), int64(len(forth))}); got != want {
		t.Errorf("counted %+v, want %+v", got, want)
	}
}

// What goes wrong in one direction ends the other, and so does an abort.
func TestCopyBidirectionalEndsAsAWhole(t *testing.T) {
	rt := nettest.NewRuntime(t)
	for name, test := range map[string]struct {
		end  func(a *tcp.Stream, ac *net.TCPConn, h nettest.Handle)
		want error
	}{
		"closed":  {func(a *tcp.Stream, _ *net.TCPConn, _ nettest.Handle) { a.Close() }, net.ErrClosed},
		"reset":   {func(_ *tcp.Stream, ac *net.TCPConn, _ nettest.Handle) { ac.SetLinger(0); ac.Close() }, nil},
		"aborted": {func(_ *tcp.Stream, _ *net.TCPConn, h nettest.Handle) { h.Abort() }, core.ErrCancelled},
	} {
		t.Run(name, func(t *testing.T) {
			a, ac := connect(t, rt)
			b, _ := connect(t, rt)
			proxy := executor.Do(rt, func(co *coro.Co) error {
				_, _, err := stream.CopyBidirectional(co, a, b)
				return err
			})
			nettest.Settle(rt)
			test.end(a, ac, proxy)
			if err := nettest.Finish(t, proxy); err == nil || test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("it ended with %v", err)
			}
		})
	}
}

// An exchange is complete although the server lets the connection go before the client's end has reached it.
func TestCopyBidirectionalWithAPeerThatIsGone(t *testing.T) {
	rt := nettest.NewRuntime(t)
	a, client := connect(t, rt)
	b, server := connect(t, rt)
	var toA, toB int64
	proxy := executor.Do(rt, func(co *coro.Co) (err error) {
		toA, toB, err = stream.CopyBidirectional(co, a, b)
		return err
	})
	client.Write([]byte("question"))
	if _, err := io.ReadFull(server, make([]byte, 8)); err != nil {
		t.Fatal(err)
	}
	server.Write([]byte("answer"))
	server.CloseWrite()
	if got, err := io.ReadAll(client); string(got) != "answer" || err != nil {
		t.Fatalf("%q, %v", got, err)
	}
	server.SetLinger(0)
	server.Close()
	waitReset(t, b)
	client.CloseWrite()
	if err := nettest.Finish(t, proxy); err != nil || toA != 6 || toB != 8 {
		t.Errorf("%d and %d bytes, %v", toA, toB, err)
	}
}

// waitReset waits until the system knows that s is no connection any more.
func waitReset(t *testing.T, s *tcp.Stream) {
	t.Helper()
	raw, err := s.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(nettest.Timeout); ; time.Sleep(time.Millisecond) {
		gone := false
		raw.Control(func(fd uintptr) { gone = !connected(fd) })
		if gone {
			return
		}
		if time.Now().After(end) {
			t.Fatal("the reset does not arrive")
		}
	}
}

// A write that is under way when its half is closed fails as one that waits: with net.ErrClosed.
func TestWriteHalfIsClosedUnderAWrite(t *testing.T) {
	rt := nettest.NewRuntime(t)
	l := listen(t)
	for range rounds() {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		var r *tcp.ReadHalf
		var w *tcp.WriteHalf
		nettest.Do(t, rt, func(co *coro.Co) error {
			s, err := l.Accept(co)
			if err == nil {
				r, w = s.Split()
			}
			return err
		})
		go io.Copy(io.Discard, c)
		begun := make(chan struct{})
		h := executor.Do(rt, func(co *coro.Co) error {
			close(begun)
			for {
				if _, err := w.Write(co, make([]byte, 1000)); err != nil {
					return err
				}
			}
		})
		<-begun
		w.Close()
		if err := nettest.Finish(t, h); !errors.Is(err, net.ErrClosed) {
			t.Fatalf("the write ended with %v", err)
		}
		r.Close()
		c.Close()
	}
}
