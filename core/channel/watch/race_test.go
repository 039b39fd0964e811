package watch_test

import (
	"context"
	"sync"
	"testing"

	"github.com/moduvex/moduvex-go/core/channel/watch"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
)

func TestUpdatesUnderRacesLoseNothing(t *testing.T) {
	tx := sender(watch.New(0))
	var wg sync.WaitGroup
	const n, each = 4, 500
	for range n {
		wg.Go(func() {
			for range each {
				tx.Update(func(v int) (int, bool) { return v + 1, true })
			}
		})
	}
	wg.Wait()
	if v := tx.Get(); v != n*each {
		t.Errorf("have %d, want %d", v, n*each)
	}
}

// A pair is torn if its halves differ.
type pair struct{ a, b, c, d int }

// Senders, receivers in all forms that come and go, and readers, on several workers: no receiver sees half
// of a value or an older one after a newer one, and every receiver sees the last.
func TestAWatchUnderRaces(t *testing.T) {
	const sends, receivers = 1500, 6
	c := coretest.NewWorkers(4)
	defer c.Close()
	tx := sender(watch.New(pair{}))
	var goroutines sync.WaitGroup
	whole := func(p pair) {
		if p.a != p.b || p.a != p.c || p.a != p.d {
			t.Errorf("torn: %v", p)
		}
	}
	account := func(next func() (pair, error)) {
		last := -1
		for {
			p, err := next()
			if err != nil {
				if err != watch.ErrClosed || last != sends {
					t.Errorf("the end is %v, after %d", err, last)
				}
				return
			}
			if whole(p); p.a <= last {
				t.Errorf("%d after %d", p.a, last)
			}
			last = p.a
		}
	}
	for i := range receivers {
		rx := tx.Subscribe()
		if i%2 == 0 {
			goroutines.Go(func() { account(func() (pair, error) { return rx.NextWait(context.Background()) }) })
			goroutines.Go(func() {
				for range 1000 {
					whole(rx.Get())
				}
			})
			continue
		}
		waittest.Spawn(c, func(co *coro.Co) (int, error) {
			account(func() (pair, error) { return rx.Next(co) })
			rx.Close()
			return 0, nil
		})
		waittest.Spawn(c, func(co *coro.Co) (int, error) { // one that ends early
			rx := rx.Clone()
			defer rx.Close()
			for range 20 {
				rx.Next(co)
			}
			return 0, nil
		})
	}
	waittest.Spawn(c, func(co *coro.Co) (int, error) {
		for range sends {
			tx.Update(func(p pair) (pair, bool) { n := p.a + 1; return pair{n, n, n, n}, true })
			co.Yield()
		}
		tx.CloseOn(co.Context())
		return 0, nil
	})
	c.Wait()
	goroutines.Wait()
}
