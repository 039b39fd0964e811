package coro_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/timer"
)

// The host of these examples runs tasks one after the other, on a clock that jumps to the next
// deadline when all of them wait.

func ExampleNew() {
	host := coretest.New(1)
	defer host.Close()

	sum := coro.New(func(co *coro.Co) (int, error) {
		n := 0
		for i := range 4 {
			if err := coro.Sleep(co, time.Second); err != nil {
				return 0, err
			}
			n += i
		}
		return n, nil
	})
	host.Spawn(&sum.Task)
	host.Run()

	n, err, _ := sum.Take()
	fmt.Println(n, err, "after", host.Now())
	// Output: 6 <nil> after 4s
}

// Any future can be awaited, such as those written for poll style.
func ExampleAwait() {
	host := coretest.New(1)
	defer host.Close()

	body := coro.New(func(co *coro.Co) (time.Duration, error) {
		if _, err := coro.Await(co, timer.Sleep(time.Minute)); err != nil {
			return 0, err
		}
		return co.Context().Now(), nil
	})
	host.Spawn(&body.Task)
	host.Run()

	fmt.Println(body.Take())
	// Output: 1m0s <nil> true
}

func ExampleCo_Yield() {
	host := coretest.New(1)
	defer host.Close()

	for _, name := range []string{"ping", "pong"} {
		body := coro.New(func(co *coro.Co) (int, error) {
			for i := range 2 {
				fmt.Println(name, i)
				if err := co.Yield(); err != nil {
					return 0, err
				}
			}
			return 0, nil
		})
		host.Spawn(&body.Task)
	}
	host.Run()
	// Output:
	// ping 0
	// pong 0
	// ping 1
	// pong 1
}

func ExampleSleep() {
	host := coretest.New(1)
	defer host.Close()

	body := coro.New(func(co *coro.Co) (int, error) { return 0, coro.Sleep(co, 8*time.Hour) })
	host.Spawn(&body.Task)
	host.Run()

	fmt.Println(host.Now())
	// Output: 8h0m0s
}

// Clean-up that has to await runs under a shield, and in a scope that ends it if it takes too
// long.
func ExampleShield() {
	host := coretest.New(1)
	defer host.Close()

	body := coro.New(func(co *coro.Co) (_ int, err error) {
		defer coro.Shield(co, func(co *coro.Co) error {
			return coro.WithTimeout(co, time.Minute, func(co *coro.Co) error {
				fmt.Println("saying goodbye")
				err := coro.Sleep(co, time.Second)
				fmt.Println("said it:", err)
				return err
			})
		})
		return 0, coro.Sleep(co, time.Hour)
	})
	host.Spawn(&body.Task)
	for host.Step() {
	}
	body.Abort()
	host.Run()

	_, err, _ := body.Take()
	fmt.Println(err, "at", host.Now())
	// Output:
	// saying goodbye
	// said it: <nil>
	// task was cancelled at 1s
}

func ExampleWithTimeout() {
	host := coretest.New(1)
	defer host.Close()

	body := coro.New(func(co *coro.Co) (string, error) {
		err := coro.WithTimeout(co, time.Second, func(co *coro.Co) error {
			return coro.Sleep(co, time.Hour)
		})
		if errors.Is(err, context.DeadlineExceeded) {
			return "gave up and went on", nil // the task is not affected
		}
		return "slept", err
	})
	host.Spawn(&body.Task)
	host.Run()

	how, err, _ := body.Take()
	fmt.Println(how, err, "at", host.Now())
	// Output: gave up and went on <nil> at 1s
}

func ExampleWithDeadline() {
	host := coretest.New(1)
	defer host.Close()

	noon := host.Epoch().Add(12 * time.Hour)
	body := coro.New(func(co *coro.Co) (int, error) {
		return 0, coro.WithDeadline(co, noon, func(co *coro.Co) error {
			deadline, _ := co.Deadline() // a Co is a context.Context
			fmt.Println("until", deadline.Format(time.TimeOnly))
			return coro.Sleep(co, 24*time.Hour)
		})
	})
	host.Spawn(&body.Task)
	host.Run()

	_, err, _ := body.Take()
	fmt.Println(err)
	// Output:
	// until 12:00:00
	// core: deadline exceeded
}

// The cancel function may be called by anybody, here by another task.
func ExampleWithCancel() {
	host := coretest.New(1)
	defer host.Close()

	body := coro.New(func(co *coro.Co) (int, error) {
		return 0, coro.WithCancel(co, func(co *coro.Co, cancel func(cause error)) error {
			critic := coro.New(func(co *coro.Co) (int, error) {
				err := coro.Sleep(co, time.Second)
				cancel(errors.New("too slow"))
				return 0, err
			})
			if err := co.Spawn(&critic.Task); err != nil {
				return err
			}
			return coro.Sleep(co, time.Hour)
		})
	})
	host.Spawn(&body.Task)
	host.Run()

	_, err, _ := body.Take()
	fmt.Println(err)
	fmt.Println(errors.Is(err, context.Canceled))
	// Output:
	// coro: scope was cancelled: too slow
	// true
}

func ExampleWithValue() {
	host := coretest.New(1)
	defer host.Close()

	type requestID struct{}
	log := func(ctx context.Context, text string) {
		fmt.Println(ctx.Value(requestID{}), text)
	}
	body := coro.New(func(co *coro.Co) (int, error) {
		return 0, coro.WithValue(co, requestID{}, 17, func(co *coro.Co) error {
			log(co, "begins")
			return nil
		})
	})
	host.Spawn(&body.Task)
	host.Run()
	// Output: 17 begins
}

// Two children work at the same time; WithGroup returns when both have ended.
func ExampleWithGroup() {
	host := coretest.New(1)
	defer host.Close()

	var user, orders string
	page := coro.New(func(co *coro.Co) (string, error) {
		err := coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
			s.Do(co, func(co *coro.Co) (err error) { user, err = fetch(co, "user", 2*time.Second); return })
			s.Do(co, func(co *coro.Co) (err error) { orders, err = fetch(co, "orders", 3*time.Second); return })
			return nil
		})
		return user + " and " + orders, err
	})
	host.Spawn(&page.Task)
	host.Run()

	what, err, _ := page.Take()
	fmt.Println(what, err, "after", host.Now())
	// Output: user and orders <nil> after 3s
}

func fetch(co *coro.Co, what string, takes time.Duration) (string, error) {
	return what, coro.Sleep(co, takes)
}

// The first failure ends the others, and their clean-up is over when the scope is.
func ExampleGroup_Do() {
	host := coretest.New(1)
	defer host.Close()

	body := coro.New(func(co *coro.Co) (int, error) {
		err := coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
			s.Do(co, func(co *coro.Co) error {
				defer fmt.Println("tidied up")
				return coro.Sleep(co, time.Hour)
			})
			s.Do(co, func(co *coro.Co) error {
				coro.Sleep(co, time.Second)
				return errors.New("disk full")
			})
			return nil
		})
		fmt.Println(err, "after", host.Now())
		return 0, nil
	})
	host.Spawn(&body.Task)
	host.Run()
	// Output:
	// tidied up
	// disk full after 1s
}

// A helper that never ends by itself is ended when it is not needed any more.
func ExampleGroup_AbortAll() {
	host := coretest.New(1)
	defer host.Close()

	body := coro.New(func(co *coro.Co) (int, error) {
		beats := 0
		err := coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
			s.Do(co, func(co *coro.Co) error {
				for ; ; beats++ {
					if err := coro.Sleep(co, time.Second); err != nil {
						return err
					}
				}
			})
			defer s.AbortAll()
			return coro.Sleep(co, time.Minute+time.Millisecond) // the work
		})
		return beats, err
	})
	host.Spawn(&body.Task)
	host.Run()

	fmt.Println(body.Take())
	// Output: 60 <nil> true
}

// At most two at once; the values come as the children end.
func ExampleResults() {
	host := coretest.New(1)
	defer host.Close()

	body := coro.New(func(co *coro.Co) (int, error) {
		two := coro.GroupOptions{Limit: 2}
		return 0, coro.WithGroup(co, two, func(co *coro.Co, s *coro.Group) error {
			sizes := coro.NewResults[string](s)
			for _, seconds := range []int{5, 1, 2} {
				sizes.Go(co, func(co *coro.Co) (string, error) {
					return fetch(co, fmt.Sprint(seconds, " MB"), time.Duration(seconds)*time.Second)
				})
			}
			for size, err := range sizes.All(co) {
				if err != nil {
					return err
				}
				fmt.Println(size, "at", host.Now())
			}
			return nil
		})
	})
	host.Spawn(&body.Task)
	host.Run()
	// Output:
	// 1 MB at 1s
	// 2 MB at 3s
	// 5 MB at 5s
}
