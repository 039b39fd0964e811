package tcp_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

// A half that is closed from elsewhere in the instant in which a read registers its waker once left
// the read waiting for ever.
func TestClosingAHalfWhileAReadBegins(t *testing.T) {
	rt := nettest.NewRuntime(t)
	rounds := 1500
	if testing.Short() {
		rounds = 150
	}
	l := listen(t)
	defer l.Close()
	for range rounds {
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
		read := executor.Do(rt, func(co *coro.Co) error {
			_, err := r.Read(co, make([]byte, 1))
			return err
		})
		r.Close()
		if err := nettest.Finish(t, read); !errors.Is(err, net.ErrClosed) {
			t.Fatalf("the read ended with %v", err)
		}
		w.Close()
		c.Close()
	}
}

// A deadline is in the wheel of the worker that waited first. When that runtime closes, a task that waits on another
// runtime arms it there.
func TestDeadlineOutlivesTheRuntimeThatKeptIt(t *testing.T) {
	first, err := executor.New(modetest.Options(executor.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	second := nettest.NewRuntime(t)
	s, _ := connect(t, first)
	begin := time.Now()
	s.SetReadDeadline(begin.Add(200 * time.Millisecond))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	// A poll that arms the alarm on the first runtime, and is given up without taking it back.
	if _, err := executor.BlockOn[struct{}](ctx, first, &reading{s: s}); !errors.Is(err, context.Canceled) {
		t.Fatalf("the first read ended with %v", err)
	}
	first.Close()
	err = nettest.Finish(t, executor.Do(second, func(co *coro.Co) error {
		_, err := s.Read(co, make([]byte, 1))
		return err
	}))
	wantTimeout(t, err, "read")
	if took := time.Since(begin); took < 200*time.Millisecond {
		t.Errorf("the deadline came after %v", took)
	}
}

func TestDialToRefusesAnAddressOfAnotherFamily(t *testing.T) {
	rt := nettest.NewRuntime(t)
	d := &tcp.Dialer{LocalAddr: netip.MustParseAddrPort("[::1]:0")}
	got, err := executor.BlockOn(context.Background(), rt, d.DialFuture(netip.MustParseAddrPort("127.0.0.1:9")))
	if err != nil {
		t.Fatal(err)
	}
	var addr *net.AddrError
	if got.Value != nil || !errors.As(got.Err, &addr) {
		t.Errorf("the dial ended with %v", got.Err)
	}
}
