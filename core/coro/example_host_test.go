package coro_test

import (
	"context"
	"fmt"

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

// A host that closes refuses the task, so the body never begins. The caller of Spawn then kills the task.
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

// Closers pass several resources to one body.
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

// Inside needs no context: it reads the stack.
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
