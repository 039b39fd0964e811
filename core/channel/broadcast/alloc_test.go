package broadcast_test

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/broadcast"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
)

// Regression: values that no receiver would get were kept.
func TestValuesAreReleased(t *testing.T) {
	for name, end := range map[string]func(tx *broadcast.Sender[*waittest.Big], a, b *broadcast.Receiver[*waittest.Big]){
		"received by all": func(_ *broadcast.Sender[*waittest.Big], a, b *broadcast.Receiver[*waittest.Big]) {
			a.TryRecv()
			b.TryRecv()
		},
		"closed by all": func(_ *broadcast.Sender[*waittest.Big], a, b *broadcast.Receiver[*waittest.Big]) {
			a.Close()
			b.Close()
		},
		"received and closed": func(_ *broadcast.Sender[*waittest.Big], a, b *broadcast.Receiver[*waittest.Big]) {
			a.TryRecv()
			b.Close()
		},
		"lost": func(tx *broadcast.Sender[*waittest.Big], a, _ *broadcast.Receiver[*waittest.Big]) {
			tx.Send(nil)
			tx.Send(nil)
		},
		"received by one and lost by one": func(tx *broadcast.Sender[*waittest.Big], a, _ *broadcast.Receiver[*waittest.Big]) {
			a.TryRecv()
			tx.Send(nil)
			tx.Send(nil)
		},
	} {
		tx := sender(broadcast.New[*waittest.Big](2))
		a, b := tx.Subscribe(), tx.Subscribe()
		v, w := waittest.NewBig()
		tx.Send(v)
		runtime.KeepAlive(v)
		v = nil
		if end(tx, a, b); !waittest.Released(w) {
			t.Errorf("%s: the value is kept", name)
		}
		runtime.KeepAlive([]any{tx, a, b})
	}
	tx := sender(broadcast.New[*waittest.Big](2))
	v, w := waittest.NewBig()
	tx.Send(v)
	if v = nil; !waittest.Released(w) {
		t.Error("sent to no receiver: the value is kept")
	}
	runtime.KeepAlive(tx)
}

// The longest ring is only as long as receivers have fallen behind.
func TestAHugeCapacityCostsNothingByItself(t *testing.T) {
	tx, rx := broadcast.New[[1024]byte](math.MaxInt)
	for range 1000 {
		tx.Send([1024]byte{7})
		if v, err := rx.TryRecv(); v[0] != 7 || err != nil {
			t.Fatalf("have %d, %v", v[0], err)
		}
	}
}

func TestWaitingAllocatesNothing(t *testing.T) {
	h, w := waittest.Host(t), &waittest.Waker{}
	tx, rx := broadcast.New[int](4)
	if n := testing.AllocsPerRun(100, func() {
		waittest.Poll(h, w, core.Future[core.Result[int]](rx.RecvFuture()))
		tx.Send(1)
		waittest.Poll(h, w, core.Future[core.Result[int]](rx.RecvFuture()))
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
			tx := sender(broadcast.New[int](64))
			rxs := make([]*broadcast.Receiver[int], n)
			for i := range rxs {
				rxs[i] = tx.Subscribe()
			}
			b.ReportAllocs()
			for b.Loop() {
				tx.Send(1)
				for _, rx := range rxs {
					rx.TryRecv()
				}
			}
		})
	}
}

func TestGoroutinesWaitWithoutAllocations(t *testing.T) {
	tx, rx := broadcast.New[int](4)
	waittest.Goroutine(t, "RecvWait", 0, func() { tx.Send(1) }, func(ctx context.Context) error { _, err := rx.RecvWait(ctx); return err })
}
