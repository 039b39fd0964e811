package tcp_test

import (
	"context"
	"errors"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

// refuses waits until no listener is at addr: the close may be under way on another goroutine.
func refuses(addr string) bool {
	for end := time.Now().Add(nettest.Timeout); time.Now().Before(end); time.Sleep(time.Millisecond) {
		c, err := net.Dial("tcp", addr)
		if errors.Is(err, connRefused) {
			return true
		}
		if err == nil {
			c.Close()
		}
	}
	return false
}

// shutdown begins the shutdown of rt, which a connection under way delays, and returns once it drains.
func shutdown(t *testing.T, rt *executor.Runtime) (ended <-chan error) {
	t.Helper()
	done := make(chan error, 1)
	ctx, cancel := context.WithTimeout(context.Background(), nettest.Timeout)
	t.Cleanup(cancel)
	go func() { done <- rt.Shutdown(ctx) }()
	<-rt.Draining()
	return done
}

// When the drain begins, accepts end and the port refuses, while what was accepted goes on.
//
// Regression: listeners accepted while the runtime ended.
func TestListenerClosesWhenItsRuntimeDrains(t *testing.T) {
	for name, accept := range map[string]func(co *coro.Co, l *tcp.Listener) error{
		"direct": func(co *coro.Co, l *tcp.Listener) error { _, err := l.Accept(co); return err },
		"poll": func(co *coro.Co, l *tcp.Listener) error {
			return await(co, &operation{
				poll: func(cx *core.Context) (bool, error) { _, ok, err := l.PollAccept(cx); return ok, err },
				drop: func(w core.Waker) { l.Unwait(w) },
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			rt := nettest.NewRuntime(t)
			l := listen(t)
			s, c := connect(t, rt)
			request := executor.Do(rt, func(co *coro.Co) error {
				_, err := s.Read(co, make([]byte, 1))
				return err
			})
			accepting := executor.Do(rt, func(co *coro.Co) error { return accept(co, l) })
			nettest.Settle(rt)
			ended := shutdown(t, rt)
			wantIs(t, nettest.Finish(t, accepting), "accept", net.ErrClosed)
			if !refuses(l.Addr().String()) {
				t.Error("the port does not refuse")
			}
			if request.Finished() {
				t.Error("the request under way has ended")
			}
			c.Write([]byte("x"))
			if err := nettest.Finish(t, request); err != nil {
				t.Error(err)
			}
			if err := <-ended; err != nil {
				t.Error(err)
			}
			if err := l.Close(); err != nil {
				t.Errorf("the first Close by its owner: %v", err)
			}
			if err := l.Close(); !errors.Is(err, net.ErrClosed) {
				t.Errorf("the second Close: %v", err)
			}
		})
	}
}

// A task that begins to accept during the drain does not accept.
func TestAcceptDuringADrain(t *testing.T) {
	rt := nettest.NewRuntime(t)
	l := listen(t)
	s, c := connect(t, rt)
	h := executor.Do(rt, func(co *coro.Co) error {
		if _, err := s.Read(co, make([]byte, 1)); err != nil {
			return err
		}
		_, err := l.Accept(co)
		return err
	})
	nettest.Settle(rt)
	ended := shutdown(t, rt)
	c.Write([]byte("x"))
	wantIs(t, nettest.Finish(t, h), "accept", net.ErrClosed)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if !refuses(l.Addr().String()) {
		t.Error("the port does not refuse")
	}
}

// Serve returns when the drain begins; handlers under way end by themselves, idle ones are told.
func TestServeEndsWhenItsRuntimeDrains(t *testing.T) {
	for _, handOver := range []bool{false, true} {
		rt, err := executor.New(modetest.Options(executor.Options{}))
		if err != nil {
			t.Fatal(err)
		}
		lc := tcp.ListenConfig{HandOver: handOver}
		g, err := lc.ListenGroup(rt, "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		idle := make(chan struct{}, 2)
		serve := executor.Do(rt, func(co *coro.Co) error {
			return g.Serve(co, func(co *coro.Co, s *tcp.Stream) {
				executor.UntilDrain(co, func(co *coro.Co) error {
					idle <- struct{}{}
					return s.WaitReadable(co)
				})
				s.Write(co, []byte("bye"))
			})
		})
		var conns []net.Conn
		for range 2 {
			c, err := net.Dial("tcp", g.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			conns = append(conns, c)
			<-idle
		}
		ended := shutdown(t, rt)
		if err := nettest.Finish(t, serve); err != nil {
			t.Errorf("Serve: %v", err)
		}
		if !refuses(g.Addr().String()) {
			t.Error("the port does not refuse")
		}
		for _, c := range conns {
			c.SetReadDeadline(time.Now().Add(nettest.Timeout))
			buf := make([]byte, 10)
			if n, err := c.Read(buf); string(buf[:n]) != "bye" {
				t.Errorf("an idle connection got %q, %v", buf[:n], err)
			}
			c.Close()
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
		g.Close()
	}
}

// A listener that is closed is in no list of its runtime.
func TestClosedListenerIsLetGo(t *testing.T) {
	rt := nettest.NewRuntime(t)
	freed := make(chan struct{})
	func() {
		l := listenOnce(t)
		runtime.AddCleanup(l, func(c chan struct{}) { close(c) }, freed)
		h := executor.Do(rt, func(co *coro.Co) error { _, err := l.Accept(co); return err })
		nettest.Settle(rt)
		l.Close()
		nettest.Finish(t, h)
		nettest.Finish(t, executor.Do(rt, func(co *coro.Co) error { _, err := l.Accept(co); return err }))
	}()
	for end := time.Now().Add(nettest.Timeout); ; time.Sleep(time.Millisecond) {
		nettest.Do(t, rt, func(*coro.Co) error { return nil })
		runtime.GC()
		select {
		case <-freed:
			return
		default:
			if time.Now().After(end) {
				t.Fatal("the runtime keeps a listener that is closed")
			}
		}
	}
}

func listenOnce(t *testing.T) *tcp.Listener {
	l, err := tcp.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}
