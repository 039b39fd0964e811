package broadcast_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/moduvex/moduvex-go/core/channel/broadcast"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
)

// The channel is compared with a model that keeps every value, over random operations.
func TestAgainstAModel(t *testing.T) {
	type model struct {
		rx   *broadcast.Receiver[int]
		next int
	}
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 3))
		capacity := 1 + r.IntN(9)
		tx := sender(broadcast.New[int](capacity))
		var sent []int // while there was a receiver
		first := func() int { return max(len(sent)-capacity, 0) }
		var ms []*model
		for range 400 {
			switch k := r.IntN(10); {
			case k < 4:
				v := r.Int()
				if n, err := tx.Send(v); n != len(ms) || err != nil {
					t.Fatalf("seed %d: sent to %d, want %d", seed, n, len(ms))
				} else if n > 0 {
					sent = append(sent, v)
				}
			case k == 4 && len(ms) < 5:
				ms = append(ms, &model{tx.Subscribe(), len(sent)})
			case len(ms) == 0:
			case k == 5:
				i := r.IntN(len(ms))
				ms[i].rx.Close()
				ms = slices.Delete(ms, i, i+1)
			case k == 6 && len(ms) < 5:
				m := ms[r.IntN(len(ms))]
				ms = append(ms, &model{m.rx.Clone(), m.next})
			default:
				m := ms[r.IntN(len(ms))]
				v, err := m.rx.TryRecv()
				lag, _ := err.(*broadcast.LagError)
				switch {
				case m.next < first():
					if lag == nil || int(lag.Missed) != first()-m.next {
						t.Fatalf("seed %d: have %v, want a lag of %d", seed, err, first()-m.next)
					}
					m.next = first()
				case m.next == len(sent):
					if err != broadcast.ErrEmpty {
						t.Fatalf("seed %d: have %d, %v, want nothing", seed, v, err)
					}
				case v != sent[m.next] || err != nil:
					t.Fatalf("seed %d: have %d, %v, want %d", seed, v, err, sent[m.next])
				default:
					m.next++
				}
				if n := len(sent) - max(m.next, first()); m.rx.Len() != n {
					t.Fatalf("seed %d: %d left, want %d", seed, m.rx.Len(), n)
				}
			}
		}
	}
}

// Several senders, and receivers in all forms that come and go, on several workers: what each
// receives is in the order of each sender, and the values that it receives and misses add up to all
// that were sent.
func TestABroadcastUnderRaces(t *testing.T) {
	const senders, each, receivers = 3, 400, 6
	c := coretest.NewWorkers(4)
	defer c.Close()
	tx := sender(broadcast.New[int](32))
	var goroutines sync.WaitGroup
	ready := make(chan struct{}, receivers)
	account := func(next func() (int, error)) {
		got, last := 0, make([]int, senders)
		for {
			v, err := next()
			if lag, ok := err.(*broadcast.LagError); ok {
				got += int(lag.Missed)
				continue
			}
			if err != nil {
				if err != broadcast.ErrClosed || got != senders*each {
					t.Errorf("the end is %v, after %d of %d", err, got, senders*each)
				}
				return
			}
			got++
			s, i := v/each, v%each+1
			if i <= last[s] {
				t.Errorf("sender %d: %d after %d", s, i, last[s])
			}
			last[s] = i
		}
	}
	for i := range receivers {
		rx := tx.Subscribe()
		if i%2 == 0 {
			goroutines.Go(func() {
				ready <- struct{}{}
				account(func() (int, error) { return rx.RecvWait(context.Background()) })
			})
			continue
		}
		waittest.Spawn(c, func(co *coro.Co) (int, error) {
			ready <- struct{}{}
			account(func() (int, error) { return rx.Recv(co) })
			return 0, nil
		})
		waittest.Spawn(c, func(co *coro.Co) (int, error) { // one that ends early
			rx := rx.Clone()
			defer rx.Close()
			for range 50 {
				rx.Recv(co)
			}
			return 0, nil
		})
	}
	for range receivers {
		<-ready
	}
	var left sync.WaitGroup
	left.Add(senders)
	for s := range senders {
		waittest.Spawn(c, func(co *coro.Co) (int, error) {
			defer left.Done()
			for i := range each {
				if tx.SendOn(co.Context(), s*each+i); i%16 == 0 {
					co.Yield()
				}
			}
			return 0, nil
		})
	}
	goroutines.Go(func() { left.Wait(); tx.Close() })
	c.Wait()
	goroutines.Wait()
}
