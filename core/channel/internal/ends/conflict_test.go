package ends_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/moduvex/moduvex-go/core/channel/broadcast"
	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/channel/oneshot"
	"github.com/moduvex/moduvex-go/core/channel/watch"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
)

// A contest is an end that one task or goroutine at a time may wait with.
type contest struct {
	direct   func(co *coro.Co) error
	blocking func(ctx context.Context) error
	end      func() // ends the wait
}

func contests() map[string]contest {
	m, mrx := mpsc.New[int](1)
	n, nrx := mpsc.New[int](1)
	o, orx := oneshot.New[int]()
	c, crx := oneshot.New[int]()
	w, wrx := watch.New(0)
	wrx.TryNext()
	b, brx := broadcast.New[int](1)
	return map[string]contest{
		"mpsc": {
			func(co *coro.Co) error { _, err := mrx.Recv(co); return err },
			func(ctx context.Context) error { _, err := mrx.RecvWait(ctx); return err },
			func() { m.TrySend(1) },
		},
		"mpsc, many": {
			func(co *coro.Co) error { return filled(func(buf []int) (int, error) { return nrx.RecvMany(co, buf) }) },
			func(ctx context.Context) error {
				return filled(func(buf []int) (int, error) { return nrx.RecvManyWait(ctx, buf) })
			},
			func() { n.TrySend(1) },
		},
		"oneshot": {
			func(co *coro.Co) error { _, err := orx.Recv(co); return err },
			func(ctx context.Context) error { _, err := orx.RecvWait(ctx); return err },
			func() { o.Send(1) },
		},
		"oneshot, UntilClosed": {c.UntilClosed, c.UntilClosedWait, crx.Close},
		"watch": {
			func(co *coro.Co) error { _, err := wrx.Next(co); return err },
			func(ctx context.Context) error { _, err := wrx.NextWait(ctx); return err },
			func() { w.Send(1) },
		},
		"broadcast": {
			func(co *coro.Co) error { _, err := brx.Recv(co); return err },
			func(ctx context.Context) error { _, err := brx.RecvWait(ctx); return err },
			func() { b.Send(1) },
		},
	}
}

// filled checks that recv fills the buffer of its caller.
func filled(recv func(buf []int) (int, error)) error {
	buf := make([]int, 1)
	if n, err := recv(buf); n != 1 || err != nil || buf[0] != 1 {
		return fmt.Errorf("have %d values, %v and the error %v", n, buf, err)
	}
	return nil
}

// Regression: a wait that panicked because of another one took back the waker of that, which then waited for ever.
func TestASecondWaitThatPanicsLeavesTheFirstWaiting(t *testing.T) {
	for name, c := range contests() {
		t.Run(name, func(t *testing.T) {
			h := waittest.Host(t)
			first := waittest.Body(h, c.direct)
			waittest.Settle(h)
			second, third := waittest.Body(h, c.direct), waittest.Body(h, c.direct)
			func() {
				defer func() {
					if recover() == nil {
						t.Error("a goroutine waits besides the task")
					}
				}()
				c.blocking(t.Context())
			}()
			waittest.Settle(h)
			if !second.Finished() || !third.Finished() || first.Finished() {
				t.Errorf("ended: %t, %t, %t", second.Finished(), third.Finished(), first.Finished())
			}
			c.end()
			waittest.Settle(h)
			if err := waittest.Ended(t, first); err != nil {
				t.Error(err)
			}
		})
	}
}
