package coro

import (
	"iter"
	"slices"
	"sync"
	"time"
)

// swaps reports whether goroutines can be parked in each other's coros, as a Relay needs it: Go documents only that the
// two functions of iter.Pull are called in turn, and not that any goroutine may call them. Where they cannot, pools have
// no Relay, and every body goes by way of the worker's goroutine.
var swaps = sync.OnceValue(trySwaps)

// swapTime is how long trySwaps waits for a result, which takes microseconds to come.
const swapTime = 10 * time.Second

func trySwaps() bool {
	result := make(chan bool, 1)
	go func() {
		var order []int
		defer func() {
			_ = recover()
			result <- slices.Equal(order, []int{1, 2, 3, 4, 5})
		}()
		a, b := new(coroutine), new(coroutine)
		swap := func(c *coroutine) {
			c.at.nexted = !c.at.nexted
			c.at.swap()
		}
		a.at.next, _ = iter.Pull(func(yield func(struct{}) bool) {
			a.at.yield = yield
			order = append(order, 1)
			swap(b) // parks in b
			order = append(order, 4)
		}) // its end resumes b's goroutine, which is parked in a
		b.at.next, _ = iter.Pull(func(yield func(struct{}) bool) {
			b.at.yield = yield
			order = append(order, 2)
			swap(a)
			order = append(order, 5)
		})
		swap(a)
		order = append(order, 3)
		swap(b)
	}()
	select {
	case ok := <-result:
		return ok
	case <-time.After(swapTime):
		return false
	}
}
