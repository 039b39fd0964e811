package mpsc_test

import (
	"context"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/racetest"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
)

func TestWaitingAllocatesNothing(t *testing.T) {
	for name, make := range map[string]func() waittest.Wait{
		"Send": func() waittest.Wait {
			tx, rx := mpsc.New[int](1)
			tx.TrySend(0)
			return waittest.Wait{
				Free:      func() { rx.TryRecv() },
				Direct:    func(co *coro.Co) error { return tx.Send(co, 1) },
				Goroutine: func(ctx context.Context) error { return tx.SendWait(ctx, 1) },
			}
		},
		"Reserve": func() waittest.Wait {
			tx, rx := mpsc.New[int](1)
			tx.TrySend(0)
			return waittest.Wait{
				Free: func() { rx.TryRecv() },
				Direct: func(co *coro.Co) error {
					p, err := tx.Reserve(co)
					if err != nil {
						return err
					}
					return p.Send(1)
				},
				Goroutine: func(ctx context.Context) error {
					p, err := tx.ReserveWait(ctx)
					if err != nil {
						return err
					}
					return p.Send(1)
				},
			}
		},
		"Recv": func() waittest.Wait {
			tx, rx := mpsc.New[int](1)
			return waittest.Wait{
				Free:      func() { tx.TrySend(1) },
				Direct:    func(co *coro.Co) error { _, err := rx.Recv(co); return err },
				Goroutine: func(ctx context.Context) error { _, err := rx.RecvWait(ctx); return err },
			}
		},
		"RecvMany": func() waittest.Wait {
			tx, rx := mpsc.Unbounded[int]()
			var buf [2]int
			return waittest.Wait{
				Free:      func() { tx.Send(1); tx.Send(2) },
				Direct:    func(co *coro.Co) error { _, err := rx.RecvMany(co, buf[:]); return err },
				Goroutine: func(ctx context.Context) error { _, err := rx.RecvManyWait(ctx, buf[:]); return err },
			}
		},
	} {
		t.Run(name, func(t *testing.T) { make().AllocatesNothing(t) })
	}
	tx, _ := mpsc.New[int](1)
	waittest.CancelledGoroutine(t, "UntilClosed", 0, tx.UntilClosedWait)
	utx, _ := mpsc.Unbounded[int]()
	waittest.CancelledGoroutine(t, "UntilClosed unbounded", 0, utx.UntilClosedWait)
}

func TestWaitingInPollStyleAllocatesNothing(t *testing.T) {
	tx, rx := mpsc.New[int](1)
	send := tx.SendFuture(1)
	sender, receiver := waittest.NewWaiter[error](t, &send), waittest.NewWaiter[core.Result[int]](t, rx)
	rounds := 0
	waittest.Allocates(t, "both ends", 0, func() {
		rounds++
		receiver.Pends(t)
		send.Reset(0)
		sender.Completes(t, rounds-1)
		send.Reset(1)
		sender.Pends(t)
		for i := range 2 {
			if r := receiver.Completes(t, rounds); r.Err != nil || r.Value != i {
				t.Errorf("received %v, want %d", r, i)
			}
			if i == 0 {
				sender.Completes(t, rounds)
			}
		}
	})
}

// A wait for the close ends once in a channel's life, or by a cancellation, which allocates itself.
func TestABodyThatWaitsForTheCloseAllocatesNothing(t *testing.T) {
	tx, _ := mpsc.New[int](1)
	if racetest.Enabled {
		return
	}
	cancelled := func(wait func(co *coro.Co) error) float64 {
		h := waittest.NewSolo()
		defer h.Close()
		var cancel func(cause error)
		s := waittest.Body(h, func(co *coro.Co) error {
			for co.Err() == nil {
				coro.WithCancel(co, func(co *coro.Co, c func(error)) error {
					cancel = c
					return wait(co)
				})
			}
			return nil
		})
		h.Run()
		n := testing.AllocsPerRun(200, func() {
			cancel(nil)
			h.Run()
		})
		s.Abort()
		h.Run()
		return n
	}
	if have, want := cancelled(tx.UntilClosed), cancelled((*coro.Co).Suspend); have != want {
		t.Errorf("%v allocations, and %v if it only suspends", have, want)
	}
}
