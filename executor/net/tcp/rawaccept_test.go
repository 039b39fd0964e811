//go:build unix

package tcp_test

import (
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"golang.org/x/sys/unix"
)

// Accepts by system calls of the callers, in all styles, beside ordinary ones: no connection is lost, and each waiter that
// a report wakes passes on.
func TestRawAcceptBesideOthers(t *testing.T) {
	rt := nettest.NewRuntime(t)
	for style := range rawStyles {
		l := listen(t)
		var count atomic.Int32
		var hs []nettest.Handle
		for range 2 {
			hs = append(hs, executor.Do(rt, func(co *coro.Co) error {
				for {
					s, err := l.Accept(co)
					if err != nil {
						return err
					}
					s.Close()
					count.Add(1)
				}
			}))
		}
		awaitWaiters(t, l, 2) // so that the listener is registered
		var waits []func(testing.TB) error
		accept := func(fd uintptr) bool {
			conn, _, err := unix.Accept(int(fd))
			if err == nil {
				unix.Close(conn)
				count.Add(1)
			}
			return err != unix.EAGAIN
		}
		for range 3 {
			if style == "goroutine" || style == "parker" {
				waits = append(waits, inGoroutine(func() (err error) {
					for err == nil {
						wait := rawStyles[style](rt, l, accept)
						err = wait(t)
					}
					return err
				}))
				continue
			}
			h := executor.Do(rt, func(co *coro.Co) (err error) {
				for err == nil && style == "direct" {
					err = l.RawConn(co).Read(accept)
				}
				for err == nil {
					err, _ = coro.Await[error](co, &rawRead{s: l, f: accept})
				}
				return err
			})
			waits = append(waits, func(tb testing.TB) error { return nettest.Finish(tb, h) })
		}
		awaitWaiters(t, l, 5)
		const n = 100
		for i := range n {
			c, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			c.Close()
			if i%10 == 0 {
				time.Sleep(time.Millisecond)
			}
		}
		for end := time.Now().Add(nettest.Timeout); count.Load() < n; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s: %d of %d connections were accepted", style, count.Load(), n)
			}
		}
		l.Close()
		for _, wait := range waits {
			if err := wait(t); !errors.Is(err, net.ErrClosed) { // of the accept, or of the SyscallConn after it
				t.Errorf("%s: a raw accept of a closed listener: %v", style, err)
			}
		}
		for _, h := range hs {
			wantIs(t, nettest.Finish(t, h), "accept", net.ErrClosed)
		}
	}
}

// One report of two connections wakes one waiter. It takes one connection and leaves, and passes on.
func TestRawAcceptPassesOn(t *testing.T) {
	rt := nettest.NewRuntimeWith(t, executor.Options{Workers: 1, LongPollThreshold: -1})
	for first := range rawStyles {
		for _, second := range []string{"direct", "accept"} {
			l := listen(t)
			accept := func(fd uintptr) bool {
				conn, _, err := unix.Accept(int(fd))
				unix.Close(conn)
				return err != unix.EAGAIN
			}
			if first == "goroutine" { // a task registers the listener
				h := executor.Do(rt, func(co *coro.Co) error { _, err := l.Accept(co); return err })
				awaitWaiters(t, l, 1)
				h.Abort()
				nettest.Finish(t, h)
			}
			one := rawStyles[first](rt, l, accept)
			awaitWaiters(t, l, 1)
			two := executor.Do(rt, func(co *coro.Co) error {
				if second == "direct" {
					return l.RawConn(co).Read(accept)
				}
				return acceptOne(l)(co)
			})
			awaitWaiters(t, l, 2)
			nettest.Settle(rt)
			gate := make(chan struct{})
			executor.Do(rt, func(*coro.Co) error { <-gate; return nil }) // the worker polls no reactor meanwhile
			dialPlain(t, l)
			dialPlain(t, l)
			close(gate)
			if err := one(t); err != nil {
				t.Errorf("%s, then %s: %v", first, second, err)
			}
			if err := nettest.Finish(t, two); err != nil {
				t.Errorf("%s, then %s: %v", first, second, err)
			}
		}
	}
}
