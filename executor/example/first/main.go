// First is the first program of the README.
package main

import (
	"context"
	"fmt"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

func main() {
	sum, err := executor.Run(context.Background(), executor.Options{}, func(co *coro.Co) (int, error) {
		slow := executor.Go(co, func(co *coro.Co) (int, error) {
			return 40, coro.Sleep(co, 10*time.Millisecond) // the other task runs meanwhile
		})
		quick := executor.Go(co, func(co *coro.Co) (int, error) { return 2, nil })
		a, err := slow.Join(co)
		if err != nil {
			return 0, err
		}
		b, err := quick.Join(co)
		return a + b, err
	})
	fmt.Println(sum, err) // 42 <nil>
}
