package executor_test

import (
	"context"
	"fmt"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

// A call that blocks its goroutine asks MayBeInside first, and Inside only if a worker is awake.
func ExampleMayBeInside() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		panic(err)
	}
	defer rt.Close()
	mayBlock := func() bool { return !executor.MayBeInside() || !executor.Inside() }

	fmt.Println(mayBlock())
	inside, err := executor.Go(rt, func(co *coro.Co) (bool, error) { return mayBlock(), nil }).Wait(context.Background())
	fmt.Println(inside, err)
	// Output:
	// true
	// false <nil>
}
