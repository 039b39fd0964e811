package coro_test

import (
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

// The children of a group run in parallel with it and with each other: with and without failures and
// aborts, no child outlives its group, every value arrives, and nothing waits for ever.
func TestGroupsOnWorkersInParallel(t *testing.T) {
	ws := coretest.NewWorkers(4)
	defer ws.Close()
	var aborters sync.WaitGroup
	var roots []*task.Slot[int]
	var open [60]struct {
		sync.Mutex
		children, most int
	}
	for i := range open {
		o := &open[i]
		r := rand.New(rand.NewPCG(uint64(i), 7))
		const n, limit = 40, 5
		fails, aborts := -1, i%3 == 2
		if i%3 == 1 {
			fails = r.IntN(n)
		}
		root := spawn(t, ws, func(co *coro.Co) (sum int, err error) {
			defer func() {
				o.Lock()
				defer o.Unlock()
				if o.children != 0 || o.most > limit {
					t.Errorf("%d children have outlived their group, at most %d ran at once", o.children, o.most)
				}
			}()
			err = coro.WithGroup(co, coro.GroupOptions{Limit: limit}, func(co *coro.Co, s *coro.Group) error {
				results := coro.NewResults[int](s)
				for j := range n {
					err := results.Go(co, func(co *coro.Co) (int, error) {
						o.Lock()
						o.children++
						o.most = max(o.most, o.children)
						o.Unlock()
						defer func() {
							o.Lock()
							o.children--
							o.Unlock()
						}()
						for range j % 4 {
							if err := co.Yield(); err != nil {
								return 0, err
							}
						}
						if j == fails {
							return 0, errFirst
						}
						return j, nil
					})
					if err != nil {
						return err
					}
				}
				for v, err := range results.All(co) {
					if err != nil {
						return err
					}
					sum += v
				}
				return nil
			})
			return sum, err
		})
		roots = append(roots, root)
		if aborts {
			aborters.Go(func() { root.Abort() })
		}
	}
	aborters.Wait()
	ws.Wait()
	for i, root := range roots {
		sum, err := take(t, root)
		switch i % 3 {
		case 0:
			if sum != 40*39/2 || err != nil {
				t.Errorf("group %d: have %d, %v", i, sum, err)
			}
		case 1:
			if err != errFirst {
				t.Errorf("group %d: have %v", i, err)
			}
		}
	}
}
