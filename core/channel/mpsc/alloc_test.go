package mpsc_test

import (
	"context"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/hosttest"
	"github.com/moduvex/moduvex-go/core/internal/racetest"
)

// A blocking is a context for a goroutine that is about to block: at that moment it does what lets the
// goroutine go on, or cancels it.
type blocking struct {
	context.Context
	free func() (cancel bool)
	n    int
	over bool
}

func (b *blocking) Done() <-chan struct{} {
	b.n++
	if b.over = b.free(); b.over {
		return closedChan
	}
	return nil
}

func (b *blocking) Err() error {
	if b.over {
		return context.Canceled
	}
	return nil
}

func (b *blocking) Value(any) any { return nil }

var closedChan = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// Each wait is one in the form for goroutines and one in direct style. free ends both.
func TestWaitingAllocatesNothing(t *testing.T) {
	type wait struct {
		free      func()
		direct    func(co *coro.Co) error
		goroutine func(ctx context.Context) error
		cancelled bool // it is ended by a cancellation, which is no error
	}
	for name, make := range map[string]func() wait{
		"Send": func() wait {
			tx, rx := mpsc.New[int](1)
			tx.TrySend(0)
			return wait{
				free:      func() { rx.TryRecv() },
				direct:    func(co *coro.Co) error { return tx.Send(co, 1) },
				goroutine: func(ctx context.Context) error { return tx.SendWait(ctx, 1) },
			}
		},
		"Reserve": func() wait {
			tx, rx := mpsc.New[int](1)
			tx.TrySend(0)
			return wait{
				free: func() { rx.TryRecv() },
				direct: func(co *coro.Co) error {
					p, err := tx.Reserve(co)
					if err != nil {
						return err
					}
					return p.Send(1)
				},
				goroutine: func(ctx context.Context) error {
					p, err := tx.ReserveWait(ctx)
					if err != nil {
						return err
					}
					return p.Send(1)
				},
			}
		},
		"Recv": func() wait {
			tx, rx := mpsc.New[int](1)
			return wait{
				free:      func() { tx.TrySend(1) },
				direct:    func(co *coro.Co) error { _, err := rx.Recv(co); return err },
				goroutine: func(ctx context.Context) error { _, err := rx.RecvWait(ctx); return err },
			}
		},
		"RecvMany": func() wait {
			tx, rx := mpsc.Unbounded[int]()
			var buf [2]int
			return wait{
				free:      func() { tx.Send(1); tx.Send(2) },
				direct:    func(co *coro.Co) error { _, err := rx.RecvMany(co, buf[:]); return err },
				goroutine: func(ctx context.Context) error { _, err := rx.RecvManyWait(ctx, buf[:]); return err },
			}
		},
		"UntilClosed": func() wait {
			tx, _ := mpsc.New[int](1)
			return wait{
				goroutine: func(ctx context.Context) error {
					if err := tx.UntilClosedWait(ctx); err != context.Canceled {
						return err
					}
					return nil
				},
				cancelled: true,
			}
		},
		"UntilClosed unbounded": func() wait {
			tx, _ := mpsc.Unbounded[int]()
			return wait{
				goroutine: func(ctx context.Context) error {
					if err := tx.UntilClosedWait(ctx); err != context.Canceled {
						return err
					}
					return nil
				},
				cancelled: true,
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := make()
			ctx := &blocking{free: func() bool {
				if !w.cancelled {
					w.free()
				}
				return w.cancelled
			}}
			rounds := 0
			allocates(t, "goroutine", 0, func() {
				rounds++
				ctx.over = false
				if err := w.goroutine(ctx); err != nil {
					t.Error(err)
				}
			})
			if ctx.n != rounds {
				t.Errorf("goroutine: it has waited %d times in %d rounds", ctx.n, rounds)
			}
			if w.cancelled {
				return
			}

			h := hosttest.NewSolo()
			defer h.Close()
			entered, left := 0, 0
			s := body(h, func(co *coro.Co) error {
				for {
					if err := co.Suspend(); err != nil {
						return err
					}
					entered++
					if err := w.direct(co); err != nil {
						return err
					}
					left++
				}
			})
			h.Run()
			allocates(t, "direct style", 0, func() {
				s.Wake()
				h.Run()
				if left != entered-1 {
					t.Error("direct style: it did not wait")
				}
				w.free()
				h.Run()
				if left != entered {
					t.Error("direct style: it waits for ever")
				}
			})
			s.Abort()
			h.Run()
		})
	}
}

func TestWaitingInPollStyleAllocatesNothing(t *testing.T) {
	tx, rx := mpsc.New[int](1)
	send := tx.SendFuture(1)
	sender, receiver := newWaiter[error](t, &send), newWaiter[core.Result[int]](t, rx)
	rounds := 0
	allocates(t, "both ends", 0, func() {
		rounds++
		receiver.pends(t)
		send.Reset(0)
		sender.answers(t, rounds-1)
		send.Reset(1)
		sender.pends(t)
		for i := range 2 {
			if r := receiver.answers(t, rounds); r.Err != nil || r.Value != i {
				t.Errorf("received %v, want %d", r, i)
			}
			if i == 0 {
				sender.answers(t, rounds)
			}
		}
	})
}

// A wait for the close ends once in a channel's life, or by a cancellation, which costs something itself.
func TestABodyThatWaitsForTheCloseAllocatesNothing(t *testing.T) {
	tx, _ := mpsc.New[int](1)
	if racetest.Enabled {
		return
	}
	cancelled := func(wait func(co *coro.Co) error) float64 {
		h := hosttest.NewSolo()
		defer h.Close()
		var cancel func(cause error)
		s := body(h, func(co *coro.Co) error {
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
