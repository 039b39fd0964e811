package guide

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

//guide:begin pool

// work runs the jobs of a channel, up to limit at a time, until the channel is closed and all have ended. While limit
// jobs run it takes no further one, so the channel fills, and the senders wait: that is the back-pressure.
func work[J any](co *coro.Co, jobs *mpsc.Receiver[J], limit int, do func(*coro.Co, J) error) error {
	return coro.WithGroup(co, coro.GroupOptions{Limit: limit}, func(co *coro.Co, g *coro.Group) error {
		for job, err := range jobs.All(co) {
			if err != nil {
				return err
			}
			g.Do(co, func(co *coro.Co) error {
				return retry(co, 5, 10*time.Millisecond, func(co *coro.Co) error { return do(co, job) })
			})
		}
		return nil
	})
}

// retry calls f until it succeeds, at most tries times. The pauses grow, and differ, so that many tasks that fail
// together do not try again together. A cancelled task does not try again.
func retry(co *coro.Co, tries int, pause time.Duration, f func(*coro.Co) error) error {
	for {
		err := f(co)
		if tries--; err == nil || tries == 0 || errors.Is(err, context.Canceled) {
			return err
		}
		if err := coro.Sleep(co, pause/2+rand.N(pause)); err != nil {
			return err
		}
		pause *= 2
	}
}

//guide:end pool

func Example_pool() {
	var running, most, done atomic.Int32
	do := func(co *coro.Co, n int) error {
		most.Store(max(most.Load(), running.Add(1))) // all jobs run on one worker
		defer running.Add(-1)
		if err := coro.Sleep(co, time.Millisecond); err != nil {
			return err
		}
		if done.Add(1)%5 == 0 {
			return errors.New("try again")
		}
		return nil
	}
	err := executor.Main(context.Background(), executor.Options{Workers: 1}, func(co *coro.Co) error {
		tx, rx := mpsc.New[int](8)
		executor.Do(co, func(co *coro.Co) error {
			defer tx.Close()
			for n := range 40 {
				if err := tx.Send(co, n); err != nil {
					return err
				}
			}
			return nil
		})
		return work(co, rx, 4, do)
	})
	fmt.Println("at most", most.Load(), "at a time:", err)
	fmt.Println("some were tried again:", done.Load() > 40)
	// Output:
	// at most 4 at a time: <nil>
	// some were tried again: true
}
