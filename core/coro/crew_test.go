package coro_test

import (
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

// A crew is several workers with one queue: a task is polled by whoever comes first, so that it
// moves all the time and its children run beside it. It has no clock.
type crew struct {
	mu     sync.Mutex
	change sync.Cond
	queue  task.Queue
	home   task.Home
	lastID uint64
	live   int
	closed bool
	wg     sync.WaitGroup
}

func newCrew(t testing.TB, workers int) *crew {
	c := &crew{}
	c.change.L = &c.mu
	c.home.Scheduler = c
	for i := range workers {
		c.wg.Go(func() { c.work(uint64(i)) })
	}
	t.Cleanup(func() {
		c.mu.Lock()
		c.closed = true
		c.change.Broadcast()
		c.mu.Unlock()
		c.wg.Wait()
	})
	return c
}

// A member is the host that one worker is.
type member struct {
	*coretest.Host // for its random source
	crew           *crew
	pool           *coro.Pool
}

func (m member) Coroutines() *coro.Pool  { return m.pool }
func (m member) Spawn(r core.Task) error { return m.crew.Spawn(r) }
func (m member) Wake(w core.Waker)       { w.Wake() }
func (m member) WakeLater(w core.Waker)  { w.Wake() }

func (c *crew) Spawn(r core.Task) error {
	t := r.(*task.Task)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lastID++
	c.live++
	t.ForHost().Bind(&c.home, c.lastID)
	c.push(t)
	return nil
}

func (c *crew) Schedule(t *task.Task) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.push(t)
}

func (c *crew) push(t *task.Task) {
	c.queue.Push(t)
	c.change.Broadcast()
}

func (c *crew) work(seed uint64) {
	m := member{coretest.New(seed), c, coro.NewPool(0, false)}
	defer m.Host.Close()
	defer m.pool.Close()
	cx := core.NewContext(m)
	for {
		c.mu.Lock()
		t := c.queue.Pop()
		for ; t == nil && !c.closed; t = c.queue.Pop() {
			c.change.Wait()
		}
		c.mu.Unlock()
		if t == nil {
			return
		}
		switch out := runOn(cx, t); out {
		case core.Again:
			c.Schedule(t)
		case core.Done:
			c.mu.Lock()
			c.live--
			c.change.Broadcast()
			c.mu.Unlock()
		}
	}
}

func runOn(cx *core.Context, t *task.Task) (out core.Outcome) {
	defer func() {
		if v := recover(); v != nil {
			out = t.ForHost().Panicked(cx, v, debug.Stack())
		}
	}()
	return t.ForHost().Run(cx)
}

// wait returns when every task has ended.
func (c *crew) wait() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.live > 0 {
		c.change.Wait()
	}
}

// Scopes whose children run beside them and beside each other: with and without failures and
// aborts, nothing outlives its scope, every value arrives, and nothing waits for ever.
func TestScopesOnWorkersInParallel(t *testing.T) {
	c := newCrew(t, 4)
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
		root := spawn(t, c, func(co *coro.Co) (sum int, err error) {
			defer func() {
				o.Lock()
				defer o.Unlock()
				if o.children != 0 || o.most > limit {
					t.Errorf("%d children have outlived their scope, at most %d ran at once", o.children, o.most)
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
			c.wg.Go(func() { root.Abort() })
		}
	}
	c.wait()
	for i, root := range roots {
		sum, err := take(t, root)
		switch i % 3 {
		case 0:
			if sum != 40*39/2 || err != nil {
				t.Errorf("scope %d: have %d, %v", i, sum, err)
			}
		case 1:
			if err != errFirst {
				t.Errorf("scope %d: have %v", i, err)
			}
		}
	}
}
