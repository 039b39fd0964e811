package guide

import (
	"context"
	"fmt"
	"hash/maphash"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

//guide:begin percore

// Counters count names. Each name belongs to one worker, whose map no other worker touches: there is no lock.
type Counters struct {
	maps *executor.WorkerLocal[map[string]int]
	seed maphash.Seed
	n    int
}

func NewCounters(rt *executor.Runtime) *Counters {
	return &Counters{
		maps: executor.NewWorkerLocal(rt, func(worker int) map[string]int { return map[string]int{} }),
		seed: maphash.MakeSeed(),
		n:    rt.Workers(),
	}
}

// Add counts a name and returns how often it was counted.
func (c *Counters) Add(co *coro.Co, name string) (int, error) {
	owner := int(maphash.String(c.seed, name) % uint64(c.n))
	if here, _ := executor.WorkerID(co); here == owner {
		return c.add(co, name), nil
	}
	// The name is another worker's: a task of that worker is the message, and its output the reply.
	return executor.Go(executor.On(co, owner), func(co *coro.Co) (int, error) { return c.add(co, name), nil }).Join(co)
}

// add runs on the owner of name. It does not await, so no other task of the worker comes in between.
func (c *Counters) add(co *coro.Co, name string) int {
	m := *c.maps.Get(co)
	m[name]++
	return m[name]
}

//guide:end percore

func Example_percore() {
	rt, err := executor.New(executor.Options{Workers: 4})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	counters := NewCounters(rt)
	for _, h := range executor.GoEach(rt, func(co *coro.Co, worker int) (int, error) {
		for i := range 100 {
			if _, err := counters.Add(co, fmt.Sprint("name", i%10)); err != nil {
				return 0, err
			}
		}
		return 0, nil
	}) {
		if _, err := h.Wait(context.Background()); err != nil {
			fmt.Println(err)
		}
	}
	h := executor.Go(rt, func(co *coro.Co) (int, error) { return counters.Add(co, "name7") })
	fmt.Println(h.Wait(context.Background()))
	// Output: 41 <nil>
}
