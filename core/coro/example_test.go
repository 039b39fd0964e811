package coro_test

import (
	"fmt"
	"time"

	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
)

// A custom host: here one on a virtual clock, which jumps to the next deadline when all tasks wait. How users of a
// runtime write bodies is shown in package executor.
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
