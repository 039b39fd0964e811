package oneshot_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/oneshot"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
	"github.com/moduvex/moduvex-go/core/task"
)

// Senders and receivers on several workers, where some give up at any time: what is sent with
// success to a receiver that receives arrives, and no task waits for ever.
func TestOneshotsUnderRaces(t *testing.T) {
	c := coretest.NewWorkers(4)
	defer c.Close()
	const n = 400
	var mu sync.Mutex
	var goroutines sync.WaitGroup
	sent, received := make(map[int]bool), make(map[int]bool)
	for i := range n {
		tx, rx := oneshot.New[int]()
		waittest.Spawn(c, func(co *coro.Co) (int, error) {
			for range i % 3 {
				co.Yield()
			}
			if i%7 == 0 {
				tx.Close()
				return 0, nil
			}
			err := tx.SendOn(co.Context(), i)
			mu.Lock()
			sent[i] = err == nil
			mu.Unlock()
			return 0, tx.UntilClosed(co)
		})
		rec := func(v int, err error) {
			mu.Lock()
			defer mu.Unlock()
			if received[i] = err == nil; err == nil && v != i || err != nil && !errors.Is(err, oneshot.ErrClosed) {
				t.Errorf("%d: received %d, %v", i, v, err)
			}
		}
		switch i % 4 {
		case 0:
			waittest.Spawn(c, func(co *coro.Co) (int, error) { rec(rx.Recv(co)); return 0, nil })
		case 1:
			s := task.New(future.Map(rx, func(r core.Result[int]) int { rec(r.Value, r.Err); return 0 }))
			c.Spawn(&s.Task)
		case 2:
			goroutines.Go(func() { rec(rx.RecvWait(context.Background())) })
		case 3:
			goroutines.Go(func() { rx.Stop(); rec(rx.TryRecv()) })
		}
	}
	c.Wait()
	goroutines.Wait()
	for i, ok := range sent {
		if ok != received[i] {
			t.Errorf("%d: sent %t, received %t", i, ok, received[i])
		}
	}
}
