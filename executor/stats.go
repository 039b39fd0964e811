package executor

import (
	"sync/atomic"

	"github.com/moduvex/moduvex-go/core/task"
)

// Stats are totals since the runtime was made. They are taken without stopping the workers, so
// one that is busy may be up to 61 polls ahead of what is shown.
type Stats struct {
	Spawned   uint64 // tasks accepted
	Completed uint64 // tasks that ended by themselves, panics included
	Cancelled uint64 // tasks that were aborted, or given up at shutdown
	Panicked  uint64 // tasks that panicked
	Polls     uint64
	Parks     uint64 // how often a worker went to sleep
	Notifies  uint64 // how often a sleeping worker was woken by another goroutine

	Live            int // tasks that have not ended
	Registrations   int // descriptors in the pollers
	BlockingQueued  int // functions that wait for a goroutine of the blocking pool
	BlockingRunning int // functions that run there
}

// counts are the worker's own, without atomics; publish copies them to where others may read.
type counts struct {
	spawned, completed, cancelled, panicked, polls, parks uint64
}

type workerStats struct {
	spawned, completed, cancelled, panicked, polls, parks atomic.Uint64
	notifies                                              atomic.Uint64 // written by notifiers
}

func (c *counts) ended(t *task.Task) {
	if t.State() == task.Cancelled {
		c.cancelled++
	} else {
		c.completed++
	}
}

func (c *counts) publish(s *workerStats) {
	s.spawned.Store(c.spawned)
	s.completed.Store(c.completed)
	s.cancelled.Store(c.cancelled)
	s.panicked.Store(c.panicked)
	s.polls.Store(c.polls)
	s.parks.Store(c.parks)
}

// Stats returns the totals of this moment. Any goroutine.
func (rt *Runtime) Stats() Stats {
	var s Stats
	for _, w := range rt.workers {
		s.Spawned += w.stats.spawned.Load()
		s.Completed += w.stats.completed.Load()
		s.Cancelled += w.stats.cancelled.Load()
		s.Panicked += w.stats.panicked.Load()
		s.Polls += w.stats.polls.Load()
		s.Parks += w.stats.parks.Load()
		s.Notifies += w.stats.notifies.Load()
		s.Live += w.live.Len()
		s.Registrations += w.reactor.Len()
	}
	s.BlockingQueued, s.BlockingRunning = rt.blocking.load()
	return s
}
