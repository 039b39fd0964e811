package gochan

import (
	"sync"
	"sync/atomic"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/executor"
)

// maxDedicated is how many helpers of a runtime wait for one thing each. Such a wait costs the same however many there
// are: the start of a goroutine, and 3.2 KB (BenchmarkBytes).
const maxDedicated = 4096

// maxShared is how many helpers of a runtime wait for many things each, once there are maxDedicated others. A wait in a
// group of k costs 0.7 KB, and k times 110 ns when one of the group is ready. Only a wait for which every group waits
// for the other end of its channel gets a dedicated helper beyond the limit.
const maxShared = 256

// A pool is what the tasks of one runtime share: the lines of the channels that tasks receive from, and the helpers.
// One lock guards all of it, and every line, selection and send that waits; no channel is used and no waker is called
// under it.
type pool struct {
	made atomic.Bool  // init has set the fields below; written under the lock, read by any task
	kept atomic.Int64 // values in lines that no task waits for; written under the lock, read by any task

	mu         sync.Mutex
	lines      map[any]any // the *line[T] of a channel, by its <-chan T: while the line has a waiter, a helper or a value
	peak       int         // the greatest length of lines since it was made
	received   uint64      // values that helpers have received: their numbers give the order of those that are kept
	selections waitList    // that wait, for keep to find

	dedicated, limit int       // how many dedicated helpers there are, and may be
	groups           []*helper // the shared helpers; nil where there is none
	next             int       // the group that the next wait enters

	waiting   int       // futures that wait
	unsettled int       // withdrawals that a helper has still to answer
	answered  sync.Cond // when a helper has answered a task that is dropped
	settled   sync.Cond // when unsettled becomes 0
}

// pools finds the pool of a runtime.
var pools = executor.NewRuntimeLocal[pool](nil)

// poolOf returns the pool of the task that cx polls.
func poolOf(cx *core.Context) *pool { return pools.Get(cx) }

// poolFor is poolOf where a task is about to wait. It sets up a pool that no task has waited with.
func poolFor(cx *core.Context) *pool {
	p := poolOf(cx)
	if !p.made.Load() {
		p.mu.Lock()
		p.init(maxDedicated, maxShared)
		p.mu.Unlock()
	}
	return p
}

// init sets up the pool, once. Under the lock.
func (p *pool) init(dedicated, shared int) {
	if !p.made.Load() {
		p.lines = map[any]any{}
		p.limit, p.groups = dedicated, make([]*helper, shared)
		p.answered.L, p.settled.L = &p.mu, &p.mu
		p.made.Store(true)
	}
}

// Counts are what the tasks of a runtime have in this package: see [Count].
type Counts struct {
	Waiting int // tasks that wait for a Go channel
	Helpers int // goroutines that wait in Go channels
	Kept    int // values that were received and that no task has: see [Reclaim]
}

// Count returns how many tasks of rt wait, how many helpers wait for them, and how many values are kept for the next
// receiver. Any goroutine, also after the runtime has ended.
func Count(rt *executor.Runtime) Counts {
	p := pools.Get(rt)
	p.mu.Lock()
	defer p.mu.Unlock()
	n := Counts{Waiting: p.waiting, Helpers: p.dedicated, Kept: int(p.kept.Load())}
	for _, h := range p.groups {
		if h != nil {
			n.Helpers++
		}
	}
	return n
}

// Reclaim returns the values that were received from ch for tasks of rt and that no task has taken: the future that
// they were meant for was dropped, and no other task of rt has received from ch since. They are in the order in which
// they were received, and belong to the caller from now on. Once rt has ended, Reclaim returns all there are and ever
// will be. Any goroutine but a task of rt.
func Reclaim[T any](rt *executor.Runtime, ch <-chan T) []T {
	p := pools.Get(rt)
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.unsettled > 0 { // each is answered as soon as its goroutine runs
		p.settled.Wait()
	}
	l, ok := p.lines[ch].(*line[T])
	if !ok {
		return nil
	}
	vs := make([]T, len(l.kept))
	for i, k := range l.kept {
		vs[i] = k.value
	}
	p.kept.Add(int64(-len(vs)))
	l.kept = nil
	l.forget()
	return vs
}
