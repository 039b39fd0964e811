package executor_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

// fetch is a call that takes a number of steps.
func fetch(co *coro.Co, name string, steps int) (string, error) {
	for range steps {
		if err := co.Yield(); err != nil {
			return "", err
		}
	}
	return name, nil
}

// Two children run at the same time, and WithGroup returns when both have ended.
func Example_group() {
	var user, orders string
	err := executor.Main(context.Background(), executor.Options{}, func(co *coro.Co) error {
		return coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, g *coro.Group) error {
			g.Do(co, func(co *coro.Co) (err error) { user, err = fetch(co, "user", 2); return err })
			g.Do(co, func(co *coro.Co) (err error) { orders, err = fetch(co, "orders", 3); return err })
			return nil
		})
	})
	fmt.Println(user, "and", orders, err)
	// Output: user and orders <nil>
}

// The first failure aborts the others, and WithGroup returns when their clean-up has run.
func Example_groupFailure() {
	err := executor.Main(context.Background(), executor.Options{Workers: 1}, func(co *coro.Co) error {
		return coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, g *coro.Group) error {
			g.Do(co, func(co *coro.Co) error {
				defer fmt.Println("tidied up")
				return coro.Sleep(co, time.Hour)
			})
			g.Do(co, func(co *coro.Co) error { return errors.New("disk full") })
			return nil
		})
	})
	fmt.Println(err)
	// Output:
	// tidied up
	// disk full
}

// A helper that never ends by itself is aborted when the work is done. That is no failure.
func Example_groupAbortAll() {
	err := executor.Main(context.Background(), executor.Options{}, func(co *coro.Co) error {
		return coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, g *coro.Group) error {
			defer g.AbortAll()
			g.Do(co, func(co *coro.Co) error { return coro.Sleep(co, time.Hour) })
			_, err := fetch(co, "the work", 3)
			return err
		})
	})
	fmt.Println(err)
	// Output: <nil>
}

// At most two children run at once, and the values come as the children end.
func Example_groupResults() {
	fmt.Println(executor.Run(context.Background(), executor.Options{}, func(co *coro.Co) (total int, err error) {
		err = coro.WithGroup(co, coro.GroupOptions{Limit: 2}, func(co *coro.Co, g *coro.Group) error {
			sizes := coro.NewResults[int](g)
			for _, size := range []int{5, 1, 2} {
				sizes.Go(co, func(co *coro.Co) (int, error) { return size, coro.Sleep(co, time.Millisecond) })
			}
			for size, err := range sizes.All(co) {
				if err != nil {
					return err
				}
				total += size
			}
			return nil
		})
		return total, err
	}))
	// Output: 8 <nil>
}

// A door is an io.Closer that reports when it is closed.
type door string

func (d door) Close() error {
	fmt.Println("closed", string(d))
	return nil
}

// The limit lets no second child start before the deadline: the door is closed all the same.
func Example_groupOwning() {
	err := executor.Main(context.Background(), executor.Options{}, func(co *coro.Co) error {
		return coro.WithGroup(co, coro.GroupOptions{Limit: 1}, func(co *coro.Co, g *coro.Group) error {
			defer g.AbortAll()
			g.Do(co, func(co *coro.Co) error { return coro.Sleep(co, time.Hour) })
			err := coro.WithTimeout(co, time.Millisecond, func(co *coro.Co) error {
				front := door("front")
				return g.DoOwning(co, front, func(co *coro.Co) error {
					defer front.Close()
					return nil
				})
			})
			fmt.Println("deadline exceeded:", errors.Is(err, core.ErrDeadlineExceeded))
			return nil
		})
	})
	fmt.Println(err) // a Do that has started nothing is an error of the group
	// Output:
	// closed front
	// deadline exceeded: true
	// core: deadline exceeded
}

// A panic of a child surfaces where the group ends, and names the child.
func Example_groupPanic() {
	err := executor.Main(context.Background(), executor.Options{Workers: 1}, func(co *coro.Co) error {
		page := executor.Do(co, func(co *coro.Co) error {
			return coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, g *coro.Group) error {
				return g.Do(co, func(co *coro.Co) error { panic("no such user") })
			})
		})
		_, err := page.Join(co)
		return err
	})
	var child *coro.ChildPanic
	fmt.Println(errors.As(err, &child), child.Value)
	// Output: true no such user
}
