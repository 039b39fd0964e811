package mpsc_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/racetest"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
)

func TestBodiesSendAndReceive(t *testing.T) {
	h := waittest.Host(t)
	tx, rx := mpsc.New[int](1)
	sender := waittest.Body(h, func(co *coro.Co) error {
		defer tx.Close()
		for i := range 5 {
			if err := tx.Send(co, i); err != nil {
				return err
			}
		}
		p, err := tx.Reserve(co)
		if err != nil {
			return err
		}
		return p.SendOn(co.Context(), 5)
	})
	var have []int
	receiver := waittest.Body(h, func(co *coro.Co) error {
		for v, err := range rx.All(co) {
			if err != nil {
				return err
			}
			have = append(have, v)
		}
		_, err := rx.Recv(co)
		return err
	})
	h.Run()
	mustFail(t, waittest.Ended(t, sender), nil)
	mustFail(t, waittest.Ended(t, receiver), mpsc.ErrClosed)
	if fmt.Sprint(have) != "[0 1 2 3 4 5]" {
		t.Errorf("have %v", have)
	}
}

func TestABodyReceivesMany(t *testing.T) {
	h := waittest.Host(t)
	tx, rx := mpsc.New[int](10)
	var have []int
	receiver := waittest.Body(h, func(co *coro.Co) error {
		buf := make([]int, 4)
		for {
			n, err := rx.RecvMany(co, buf)
			if err != nil {
				return err
			}
			have = append(have, n)
		}
	})
	h.Run()
	mustSend(t, tx, 1, 2, 3, 4, 5, 6)
	h.Run()
	tx.Close()
	h.Run()
	mustFail(t, waittest.Ended(t, receiver), mpsc.ErrClosed)
	if fmt.Sprint(have) != "[4 2]" {
		t.Errorf("have %v", have)
	}
}

func TestABodyWaitsForTheClose(t *testing.T) {
	h := waittest.Host(t)
	tx, rx := mpsc.New[int](1)
	utx, urx := mpsc.Unbounded[int]()
	a := waittest.Body(h, tx.UntilClosed)
	b := waittest.Body(h, utx.UntilClosed)
	c := waittest.Body(h, utx.UntilClosed)
	h.Run()
	c.Abort()
	h.Run()
	if err := waittest.Ended(t, c); !errors.Is(err, core.ErrCancelled) {
		t.Errorf("have %v", err)
	}
	rx.Stop()
	urx.Stop()
	h.Run()
	mustFail(t, waittest.Ended(t, a), nil)
	mustFail(t, waittest.Ended(t, b), nil)
	mustFail(t, tx.UntilClosedWait(t.Context()), nil)
	mustFail(t, utx.UntilClosedWait(waittest.Cancelled()), context.Canceled)
}

// Regression: abort of a waiting sender, before and after it was woken, lost the wake.
func TestAnAbortedBodyLeavesTheChannelInOrder(t *testing.T) {
	for _, woken := range []bool{false, true} {
		h := waittest.Host(t)
		tx, rx := mpsc.New[int](1)
		mustSend(t, tx, 0)
		reserve := func(co *coro.Co) error {
			p, err := tx.Reserve(co)
			if err != nil {
				return err
			}
			p.Release()
			return nil
		}
		victim, other := waittest.Body(h, func(co *coro.Co) error { return tx.Send(co, 1) }), waittest.Body(h, reserve)
		next := waittest.Body(h, func(co *coro.Co) error { return tx.Send(co, 2) })
		h.Run()
		if woken {
			mustRecv(t, rx, 0)
		}
		victim.Abort()
		other.Abort()
		h.Run()
		if !woken {
			mustRecv(t, rx, 0)
			h.Run()
		} else if err := waittest.Ended(t, victim); err == nil { // a result that is ready beats the abort
			mustRecv(t, rx, 1)
			h.Run()
		}
		mustFail(t, waittest.Ended(t, next), nil)
		mustRecv(t, rx, 2)
		mustSend(t, tx, 3)
	}
}

func TestAnAbortedReceiverLosesNothing(t *testing.T) {
	h := waittest.Host(t)
	tx, rx := mpsc.New[int](1)
	last := errors.New("no round")
	b := waittest.Body(h, func(co *coro.Co) error {
		for _, err := range rx.All(co) {
			last = err
		}
		return last
	})
	h.Run()
	b.Abort()
	h.Run()
	if err := waittest.Ended(t, b); !errors.Is(err, core.ErrCancelled) || last == nil {
		t.Errorf("have %v", err)
	}
	mustSend(t, tx, 1)
	mustRecv(t, rx, 1)
}

func TestEachFormFailsInACancelledBody(t *testing.T) {
	h := waittest.Host(t)
	tx, rx := mpsc.New[int](1)
	b := waittest.Body(h, func(co *coro.Co) error {
		return coro.WithCancel(co, func(co *coro.Co, cancel func(error)) error {
			cancel(nil)
			if err := tx.Send(co, 1); !errors.Is(err, core.ErrCancelled) {
				t.Errorf("Send: have %v", err)
			}
			if _, err := tx.Reserve(co); !errors.Is(err, core.ErrCancelled) {
				t.Errorf("Reserve: have %v", err)
			}
			tx.TrySend(2)
			if _, err := rx.Recv(co); !errors.Is(err, core.ErrCancelled) {
				t.Errorf("Recv: have %v", err)
			}
			return nil
		})
	})
	h.Run()
	mustFail(t, waittest.Ended(t, b), nil)
	mustFail(t, tx.SendWait(waittest.Cancelled(), 3), context.Canceled)
	_, err := tx.ReserveWait(waittest.Cancelled())
	mustFail(t, err, context.Canceled)
	for range 2 {
		_, err = rx.RecvWait(waittest.Cancelled())
		mustFail(t, err, context.Canceled)
	}
	mustRecv(t, rx, 2)
	mustFail(t, tryRecvErr(rx), mpsc.ErrEmpty)
}

func TestGoroutinesSendAndReceive(t *testing.T) {
	tx, rx := mpsc.New[int](2)
	var wg sync.WaitGroup
	const n = 1000
	for range 2 {
		tx := tx.Clone()
		wg.Go(func() {
			defer tx.Close()
			for range n {
				if err := tx.SendWait(t.Context(), 1); err != nil {
					t.Error(err)
				}
				p, err := tx.ReserveWait(t.Context())
				if err != nil {
					t.Error(err)
				}
				p.Send(1)
			}
		})
	}
	tx.Close()
	sum := 0
	for v, err := range rx.AllWait(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if sum += v; sum == n {
			break
		}
	}
	buf := make([]int, 10)
	for {
		n, err := rx.RecvManyWait(t.Context(), buf)
		if err == mpsc.ErrClosed {
			break
		}
		sum += n
	}
	wg.Wait()
	if sum != 4*n {
		t.Errorf("received %d, want %d", sum, 4*n)
	}
}

func TestATaskThatSendsAndReceivesYields(t *testing.T) {
	h := waittest.Host(t)
	tx, rx := mpsc.New[int](1)
	rounds, seen := 0, -1
	busy := waittest.Body(h, func(co *coro.Co) error {
		for range 10 * core.DefaultBudget {
			if err := tx.Send(co, 1); err != nil {
				return err
			}
			if _, err := rx.Recv(co); err != nil {
				return err
			}
			rounds++
		}
		return nil
	})
	waittest.Body(h, func(*coro.Co) error { seen = rounds; return nil })
	h.Run()
	mustFail(t, waittest.Ended(t, busy), nil)
	if seen != core.DefaultBudget/2 {
		t.Errorf("the other task ran after %d rounds", seen)
	}
}

// Two hosts, each on its own goroutine, like two workers of a runtime.
func TestPingPongBetweenWorkers(t *testing.T) {
	rounds := 5000
	if racetest.Enabled {
		rounds = 1000
	}
	pingTx, pingRx := mpsc.New[int](1)
	pongTx, pongRx := mpsc.New[int](1)
	var wg sync.WaitGroup
	play := func(rx *mpsc.Receiver[int], tx *mpsc.Sender[int]) {
		h := coretest.New(1)
		b := waittest.Body(h, func(co *coro.Co) error {
			for i := range rounds {
				v, err := rx.Recv(co)
				if err != nil || v/2 != i {
					return fmt.Errorf("have %d, %v in round %d", v, err, i)
				}
				if err := tx.Send(co, v+1); err != nil {
					return err
				}
			}
			return nil
		})
		wg.Go(func() {
			defer h.Close()
			h.RunUntil(b.Finished)
			mustFail(t, waittest.Ended(t, b), nil)
		})
	}
	mustSend(t, pingTx, 0)
	play(pingRx, pongTx)
	play(pongRx, pingTx)
	wg.Wait()
	mustRecv(t, pingRx, 2*rounds)
}

func TestDirectStyleAllocatesNothing(t *testing.T) {
	h := waittest.NewSolo()
	defer h.Close()
	tx, rx := mpsc.New[int](1)
	var order []int
	a := waittest.Body(h, func(co *coro.Co) error {
		for i := 0; ; i++ {
			if err := tx.Send(co, i); err != nil {
				return err
			}
		}
	})
	b := waittest.Body(h, func(co *coro.Co) error {
		buf := make([]int, 1)
		for {
			if _, err := rx.Recv(co); err != nil {
				return err
			}
			if _, err := rx.RecvMany(co, buf); err != nil {
				return err
			}
			order = append(order[:0], buf[0])
			if err := co.Suspend(); err != nil {
				return err
			}
		}
	})
	waittest.Allocates(t, "direct style", 0, func() {
		b.Wake()
		h.Run()
	})
	a.Abort()
	b.Abort()
	if live := h.Run(); live != 0 || len(order) != 1 {
		t.Errorf("%d tasks are left, %v", live, order)
	}
}
