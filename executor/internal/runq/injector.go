package runq

import (
	"sync"
	"sync/atomic"

	"github.com/moduvex/moduvex-go/core/task"
)

// An injector is the queue for tasks that become ready on no worker, and for those that do not fit a worker's
// ring. First in, first out, under a lock. Any goroutine.
type injector struct {
	mu     sync.Mutex
	tasks  task.Queue
	closed bool
	// n is the length. It is written under mu after the queue, and read by workers that save the lock.
	n atomic.Int64
}

// push puts t at the back. It does nothing once the injector is closed: then t is killed with the other live
// tasks.
func (in *injector) push(t *task.Task) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed {
		return
	}
	in.tasks.Push(t)
	in.n.Store(int64(in.tasks.Len()))
}

// pushAll empties f into the injector.
func (in *injector) pushAll(f *FIFO) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for t := f.Pop(); t != nil; t = f.Pop() {
		if !in.closed {
			in.tasks.Push(t)
		}
	}
	in.n.Store(int64(in.tasks.Len()))
}

func (in *injector) len() int    { return int(in.n.Load()) }
func (in *injector) empty() bool { return in.n.Load() == 0 }

// maxShare bounds what a worker takes at a time, to half of its ring, as in Go: the rest of the round must not
// wait for long.
const maxShare = ringSize / 2

// take moves into q the share of one of n workers, rounded up.
func (in *injector) take(q *task.Queue, n int) {
	if in.empty() {
		return
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	for range min((in.tasks.Len()+n-1)/n, maxShare) {
		q.Push(in.tasks.Pop())
	}
	in.n.Store(int64(in.tasks.Len()))
}

// close forgets the tasks of the queue, and those that are pushed later.
func (in *injector) close() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.closed = true
	for in.tasks.Pop() != nil { // one by one, so that none keeps others alive by its link
	}
	in.n.Store(0)
}
