package coro_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
)

// A door is an io.Closer that says when it is closed.
type door string

func (d door) Close() error {
	fmt.Println("closed", string(d))
	return nil
}

// A host that closes refuses the task, so its body never begins. The caller of Spawn gives the task up.
func ExampleNewOwning() {
	host := coretest.New(1)
	host.Close()

	front := door("front")
	body := coro.NewOwning(front, func(co *coro.Co) (int, error) {
		defer front.Close()
		return 1, nil
	})
	if err := host.Spawn(&body.Task); err != nil {
		fmt.Println(err)
		body.ForHost().Kill(err)
	}
	// Output:
	// core: runtime is shut down
	// closed front
}

// A body that takes several things over gets them together.
func ExampleClosers() {
	host := coretest.New(1)
	defer host.Close()

	both := coro.Closers{door("front"), door("back")}
	body := coro.NewOwning(both, func(co *coro.Co) (int, error) {
		defer both.Close()
		return 1, nil
	})
	host.Spawn(&body.Task)
	host.Run()
	// Output:
	// closed back
	// closed front
}

// There is no place for a second child before the time is up, so none is started: the door is closed all the same.
func ExampleGroup_DoOwning() {
	host := coretest.New(1)
	defer host.Close()

	body := coro.New(func(co *coro.Co) (int, error) {
		return 0, coro.WithGroup(co, coro.GroupOptions{Limit: 1}, func(co *coro.Co, s *coro.Group) error {
			s.Do(co, func(co *coro.Co) error { return coro.Sleep(co, time.Hour) })
			coro.WithTimeout(co, time.Second, func(co *coro.Co) error {
				front := door("front")
				err := s.DoOwning(co, front, func(co *coro.Co) error {
					defer front.Close()
					return nil
				})
				fmt.Println("deadline exceeded:", errors.Is(err, core.ErrDeadlineExceeded))
				return err
			})
			return nil
		})
	})
	host.Spawn(&body.Task)
	host.Run()
	// Output:
	// closed front
	// deadline exceeded: true
}

// A child gives its result and closes what it was given.
func ExampleResults_GoOwning() {
	host := coretest.New(1)
	defer host.Close()

	body := coro.New(func(co *coro.Co) (int, error) {
		return 0, coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
			names := coro.NewResults[string](s)
			front := door("front")
			names.GoOwning(co, front, func(co *coro.Co) (string, error) {
				defer front.Close()
				return string(front), nil
			})
			for name, err := range names.All(co) {
				fmt.Println("got", name, err)
			}
			return nil
		})
	})
	host.Spawn(&body.Task)
	host.Run()
	// Output:
	// closed front
	// got front <nil>
}

// A call that blocks its goroutine until something happens.
func ExampleNested() {
	happens := make(chan struct{})
	block := func(ctx context.Context) error {
		if coro.Nested(ctx) {
			return core.ErrNested
		}
		<-happens
		return nil
	}
	host := coretest.New(1)
	defer host.Close()
	body := coro.New(func(co *coro.Co) (int, error) {
		ctx, cancel := context.WithCancel(co)
		defer cancel()
		fmt.Println("in a task:", block(ctx) == core.ErrNested)
		return 0, nil
	})
	host.Spawn(&body.Task)
	host.Run()
	close(happens)
	fmt.Println("elsewhere:", block(context.Background()))
	// Output:
	// in a task: true
	// elsewhere: <nil>
}

// Inside needs no context: it looks at the stack.
func ExampleInside() {
	host := coretest.New(1)
	defer host.Close()
	body := coro.New(func(*coro.Co) (int, error) {
		fmt.Println("in a task:", coro.Inside())
		return 0, nil
	})
	host.Spawn(&body.Task)
	host.Run()
	fmt.Println("elsewhere:", coro.Inside())
	// Output:
	// in a task: true
	// elsewhere: false
}
