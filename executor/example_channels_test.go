//go:build linux

package executor_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/broadcast"
	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/channel/oneshot"
	"github.com/moduvex/moduvex-go/core/channel/watch"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

// A channel of package mpsc takes values from many tasks to one. The channel is full at two values, so that no
// sender is further ahead of the receiver.
func Example_mpsc() {
	sum, err := executor.Run(context.Background(), executor.Options{}, func(co *coro.Co) (int, error) {
		tx, rx := mpsc.New[int](2)
		defer rx.Close()
		for _, first := range []int{1, 10, 100} {
			tx := tx.Clone() // each task closes its own
			executor.Do(co, func(co *coro.Co) error {
				defer tx.Close()
				for i := range 3 {
					if err := tx.Send(co, first*i); err != nil {
						return err
					}
				}
				return nil
			})
		}
		tx.Close()
		sum := 0
		for v, err := range rx.All(co) { // until every sender is closed
			if err != nil {
				return sum, err
			}
			sum += v
		}
		return sum, nil
	})
	fmt.Println(sum, err)
	// Output: 333 <nil>
}

// A receiver that means to finish its work calls Stop: senders fail from then on, and what is queued is received.
func Example_mpscStop() {
	executor.Main(context.Background(), executor.Options{}, func(co *coro.Co) error {
		tx, rx := mpsc.New[string](8)
		for _, job := range []string{"a", "b"} {
			if err := tx.Send(co, job); err != nil {
				return err
			}
		}
		rx.Stop()
		fmt.Println(tx.Send(co, "c"))
		for job, err := range rx.All(co) {
			fmt.Println(job, err)
		}
		rx.Close()
		return nil
	})
	// Output:
	// mpsc: channel is closed
	// a <nil>
	// b <nil>
}

// A slot is reserved before the value is made, which is expensive.
func Example_mpscReserve() {
	executor.Main(context.Background(), executor.Options{}, func(co *coro.Co) error {
		tx, rx := mpsc.New[string](1)
		permit, err := tx.Reserve(co)
		if err != nil {
			return err
		}
		if err := permit.Send("expensive"); err != nil {
			return err
		}
		fmt.Println(rx.Recv(co))
		return nil
	})
	// Output: expensive <nil>
}

// A poll-style task receives with the receiver itself, which is a future that is ready again and again.
func Example_mpscPoll() {
	executor.Main(context.Background(), executor.Options{}, func(co *coro.Co) error {
		tx, rx := mpsc.New[int](8)
		sum := executor.Spawn[int](co, &summer{rx: rx})
		tx.TrySend(20)
		tx.TrySend(22)
		tx.Close()
		fmt.Println(sum.Join(co))
		return nil
	})
	// Output: 42 <nil>
}

// A summer adds up what it receives.
type summer struct {
	rx  *mpsc.Receiver[int]
	sum int
}

func (s *summer) Poll(cx *core.Context) (int, bool) {
	for {
		r, ok := s.rx.Poll(cx)
		if !ok {
			return 0, false
		}
		if r.Err != nil { // the channel has ended
			return s.sum, true
		}
		s.sum += r.Value
	}
}

// Drop gives the receiver up when the task is aborted.
func (s *summer) Drop() { s.rx.Close() }

// A oneshot channel brings one value from a task, here to the request that waits for it.
func Example_oneshot() {
	executor.Main(context.Background(), executor.Options{}, func(co *coro.Co) error {
		tx, rx := oneshot.New[string]()
		executor.Do(co, func(co *coro.Co) error {
			defer tx.Close() // so that the receiver does not wait if this task fails
			if err := coro.Sleep(co, time.Millisecond); err != nil {
				return err
			}
			return tx.Send("done")
		})
		fmt.Println(rx.Recv(co))
		return nil
	})
	// Output: done <nil>
}

// The sender learns that its receiver has given up, and stops the work for it.
func Example_oneshotUntilClosed() {
	executor.Main(context.Background(), executor.Options{}, func(co *coro.Co) error {
		tx, rx := oneshot.New[int]()
		work := executor.Do(co, func(co *coro.Co) error {
			if err := tx.UntilClosed(co); err != nil {
				return err
			}
			fmt.Println("no receiver is left:", tx.Send(7))
			return nil
		})
		err := coro.WithTimeout(co, time.Millisecond, func(co *coro.Co) error {
			_, err := rx.Recv(co)
			return err
		})
		fmt.Println(err)
		rx.Close()
		_, err = work.Join(co)
		return err
	})
	// Output:
	// core: deadline exceeded
	// no receiver is left: oneshot: channel is closed
}

// Every receiver of a broadcast channel gets every value.
func Example_broadcast() {
	executor.Main(context.Background(), executor.Options{}, func(co *coro.Co) error {
		tx, ann := broadcast.New[string](8)
		bob := tx.Subscribe()
		return coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, g *coro.Group) error {
			for name, rx := range map[string]*broadcast.Receiver[string]{"ann": ann, "bob": bob} {
				err := g.Do(co, func(co *coro.Co) error {
					defer rx.Close()
					for line, err := range rx.All(co) {
						var lag *broadcast.LagError
						switch {
						case errors.As(err, &lag):
							fmt.Println(name, "has missed", lag.Missed)
						case err != nil:
							return err
						default:
							fmt.Println(name, "reads", line)
						}
					}
					return nil
				})
				if err != nil {
					return err
				}
			}
			n, err := tx.Send("hello")
			fmt.Println("sent to", n)
			tx.Close()
			return err
		})
	})
	// Unordered output:
	// sent to 2
	// ann reads hello
	// bob reads hello
}

// A watch channel holds a value, such as a configuration; receivers see the newest.
func Example_watch() {
	executor.Main(context.Background(), executor.Options{}, func(co *coro.Co) error {
		level, rx := watch.New("info")
		fmt.Println(rx.Next(co)) // the first value is new to the receiver
		level.Send("warn")
		level.Send("debug") // replaces what rx has not seen
		level.Close()
		for l, err := range rx.All(co) {
			fmt.Println(l, err)
		}
		return nil
	})
	// Output:
	// info <nil>
	// debug <nil>
}

// A goroutine outside of the runtime sends to a task, and receives from one.
func Example_channelsAndGoroutines() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	requests, rx := mpsc.New[int](1)
	tx, replies := mpsc.New[int](1)
	executor.Do(rt, func(co *coro.Co) error {
		defer rx.Close()
		defer tx.Close()
		for v, err := range rx.All(co) {
			if err != nil {
				return err
			}
			if err := tx.Send(co, 2*v); err != nil {
				return err
			}
		}
		return nil
	})
	ctx := context.Background()
	fmt.Println(requests.SendWait(ctx, 21))
	fmt.Println(replies.RecvWait(ctx))
	requests.Close()
	fmt.Println(replies.RecvWait(ctx))
	// Output:
	// <nil>
	// 42 <nil>
	// 0 mpsc: channel is closed
}
