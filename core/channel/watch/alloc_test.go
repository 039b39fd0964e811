package watch_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/watch"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
)

// Regression: values that no receiver would get were kept.
func TestAReplacedValueIsReleased(t *testing.T) {
	v, w := waittest.NewBig()
	tx, rx := watch.New(v)
	rx.TryNext()
	v = nil
	if tx.Send(nil); !waittest.Released(w) {
		t.Error("the value is kept")
	}
	runtime.KeepAlive([]any{tx, rx})
}

func TestWaitingAllocatesNothing(t *testing.T) {
	h, w := waittest.Host(t), &waittest.Waker{}
	tx, rx := watch.New(0)
	gone := tx.UntilClosedFuture()
	rx.TryNext()
	if n := testing.AllocsPerRun(100, func() {
		waittest.Poll(h, w, core.Future[core.Result[int]](rx.NextFuture()))
		tx.Send(1)
		waittest.Poll(h, w, core.Future[core.Result[int]](rx.NextFuture()))
		waittest.Poll(h, w, core.Future[struct{}](&gone))
		gone.Drop()
	}); n != 0 {
		t.Errorf("poll style: %v allocations, want 0", n)
	}
	sum := 0
	body := waittest.Spawn(h, func(co *coro.Co) (int, error) {
		for v, err := range rx.All(co) {
			if err != nil {
				return 0, err
			}
			sum += v
		}
		return 0, nil
	})
	waittest.Settle(h)
	if n := testing.AllocsPerRun(100, func() { tx.Send(1); waittest.Settle(h) }); n != 0 || sum != 101 {
		t.Errorf("direct style: %v allocations, want 0, and the sum is %d", n, sum)
	}
	tx.Close()
	h.Run()
	if _, err := waittest.Output(t, body); err != nil {
		t.Error(err)
	}
}

func BenchmarkSendAndReceive(b *testing.B) {
	for _, n := range []int{1, 10} {
		b.Run(fmt.Sprintf("receivers=%d", n), func(b *testing.B) {
			tx := sender(watch.New(0))
			rxs := make([]*watch.Receiver[int], n)
			for i := range rxs {
				rxs[i] = tx.Subscribe()
			}
			b.ReportAllocs()
			for b.Loop() {
				tx.Send(1)
				for _, rx := range rxs {
					rx.TryNext()
				}
			}
		})
	}
}

func TestGoroutinesWaitWithoutAllocations(t *testing.T) {
	tx, rx := watch.New(0)
	rx.TryNext()
	waittest.Goroutine(t, "NextWait", 0, func() { tx.Send(1) }, func(ctx context.Context) error { _, err := rx.NextWait(ctx); return err })
	rx.Close()
	last := tx.Subscribe()
	waittest.Goroutine(t, "ClosedWait", 1, func() { last.Close() }, func(ctx context.Context) error {
		err := tx.UntilClosedWait(ctx)
		last = tx.Subscribe() // the one allocation
		return err
	})
}
