package guide

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

//guide:begin group

// total fetches all names at the same time and adds up what comes back. The first error aborts the fetches that are
// under way, and total returns it when the last of them has ended.
func total(co *coro.Co, names []string, fetch func(*coro.Co, string) (int, error)) (sum int, err error) {
	err = coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, g *coro.Group) error {
		sizes := coro.NewResults[int](g)
		for _, name := range names {
			sizes.Go(co, func(co *coro.Co) (int, error) { return fetch(co, name) })
		}
		for size, err := range sizes.All(co) { // in the order in which they end
			if err != nil {
				return err
			}
			sum += size
		}
		return nil
	})
	return sum, err
}

//guide:end group

func Example_group() {
	fetch := func(co *coro.Co, name string) (int, error) {
		switch name {
		case "missing":
			return 0, errors.New("there is no " + name)
		case "slow":
			defer fmt.Println("slow has ended")
			return 0, coro.Sleep(co, time.Hour)
		}
		return len(name), coro.Sleep(co, time.Millisecond)
	}
	err := executor.Main(context.Background(), executor.Options{}, func(co *coro.Co) error {
		fmt.Println(total(co, []string{"one", "two", "three"}, fetch))
		fmt.Println(total(co, []string{"slow", "missing"}, fetch))
		return nil
	})
	fmt.Println(err)
	// Output:
	// 11 <nil>
	// slow has ended
	// 0 there is no missing
	// <nil>
}
