package oneshot_test

import (
	"context"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/oneshot"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
)

func TestAChannelIsOneAllocationAndWaitingIsNone(t *testing.T) {
	h, w := waittest.Host(t), &waittest.Waker{}
	if n := testing.AllocsPerRun(100, func() {
		tx, rx := oneshot.New[int]()
		waittest.Poll(h, w, core.Future[core.Result[int]](rx))
		tx.Send(1)
		waittest.Poll(h, w, core.Future[core.Result[int]](rx))
		waittest.Poll(h, w, core.Future[struct{}](tx.UntilClosedFuture()))
	}); n != 1 {
		t.Errorf("poll style: %v allocations, want 1", n)
	}
	var tx *oneshot.Sender[int]
	body := waittest.Spawn(h, func(co *coro.Co) (int, error) {
		for {
			var rx *oneshot.Receiver[int]
			tx, rx = oneshot.New[int]()
			if _, err := rx.Recv(co); err != nil {
				return 0, err
			}
		}
	})
	waittest.Settle(h)
	if n := testing.AllocsPerRun(100, func() { tx.Send(1); waittest.Settle(h) }); n != 1 {
		t.Errorf("direct style: %v allocations, want 1", n)
	}
	body.Abort()
}

func BenchmarkNewSendAndReceive(b *testing.B) {
	b.Run("oneshot", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			tx, rx := oneshot.New[int]()
			tx.Send(1)
			rx.TryRecv()
		}
	})
	b.Run("twin=chan", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c := make(chan int, 1)
			c <- 1
			<-c
		}
	})
	b.Run("waiting task", func(b *testing.B) {
		s := waittest.NewSolo()
		defer s.Close()
		var tx *oneshot.Sender[int]
		stop := false
		waittest.Spawn(s, func(co *coro.Co) (int, error) {
			for !stop {
				var rx *oneshot.Receiver[int]
				tx, rx = oneshot.New[int]()
				rx.Recv(co)
			}
			return 0, nil
		})
		s.Run()
		b.ReportAllocs()
		for b.Loop() {
			tx.Send(1)
			s.Run()
		}
		stop = true
		tx.Send(1)
		s.Run()
	})
}

func TestGoroutinesWaitWithoutAllocations(t *testing.T) {
	tx, rx := oneshot.New[int]()
	waittest.Goroutine(t, "RecvWait", 1, func() { tx.Send(1) }, func(ctx context.Context) error {
		_, err := rx.RecvWait(ctx)
		tx, rx = oneshot.New[int]() // the one allocation
		return err
	})
	waittest.Goroutine(t, "ClosedWait", 1, func() { rx.Stop() }, func(ctx context.Context) error {
		err := tx.UntilClosedWait(ctx)
		tx, rx = oneshot.New[int]()
		return err
	})
}
