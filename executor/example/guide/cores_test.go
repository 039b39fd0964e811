package guide

import (
	"context"
	"fmt"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

//guide:begin cores

// sumOnAll adds up numbers with all workers: each takes every n-th.
func sumOnAll(rt *executor.Runtime, numbers []int) (sum int, err error) {
	n := rt.Workers()
	parts := executor.GoEach(rt, func(co *coro.Co, worker int) (int, error) {
		part := 0
		for i := worker; i < len(numbers); i += n {
			part += numbers[i]
			if i/n%10_000 == 0 { // some ten microseconds of computing
				if err := co.Yield(); err != nil {
					return 0, err
				}
			}
		}
		return part, nil
	})
	for _, part := range parts {
		v, err := part.Wait(context.Background())
		if err != nil {
			return 0, err
		}
		sum += v
	}
	return sum, nil
}

//guide:end cores

func Example_cores() {
	rt, err := executor.New(executor.Options{Workers: 3})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	numbers := make([]int, 100_000)
	for i := range numbers {
		numbers[i] = i
	}
	fmt.Println(sumOnAll(rt, numbers))
	// Output: 4999950000 <nil>
}

func Example_stealing() {
	//guide:begin stealing
	// Tasks of very different length, all spawned on one worker. Where workers steal, the others take them.
	opts := executor.Options{Scheduling: executor.WorkStealing}
	longest, err := executor.Run(context.Background(), opts, func(co *coro.Co) (longest int, err error) {
		tasks := joinhandle.NewJoinSet[int](co)
		for n := range 1000 {
			tasks.Go(func(co *coro.Co) (int, error) { return collatz(n + 1), nil })
		}
		for steps, err := range tasks.All(co) {
			if err != nil {
				return 0, err
			}
			longest = max(longest, steps.Value)
		}
		return longest, nil
	})
	//guide:end stealing
	fmt.Println(longest, err)
	// Output: 178 <nil>
}

func collatz(n int) (steps int) {
	for ; n != 1; steps++ {
		if n%2 == 0 {
			n /= 2
		} else {
			n = 3*n + 1
		}
	}
	return steps
}
