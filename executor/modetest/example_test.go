package modetest_test

import (
	"context"
	"fmt"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
)

// A test makes its runtime with Options, which keep what the test sets itself.
func ExampleOptions() {
	rt, err := executor.New(modetest.Options(executor.Options{Workers: 2}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	v, err := executor.Go(rt, func(co *coro.Co) (int, error) { return 7, co.Yield() }).Wait(context.Background())
	fmt.Println(rt.Workers(), v, err)
	// Output: 2 7 <nil>
}
