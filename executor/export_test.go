package executor

import (
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/task"
)

const (
	PollsPerTurn = pollsPerTurn
	RingSize     = ringSize
	MaxLIFO      = maxLIFO
)

// Parked reports whether the worker of rt sleeps, or has announced that it is about to.
func Parked(rt *Runtime) bool { return rt.workers[0].parked.Load() }

// Closing reports whether rt has been told to end.
func Closing(rt *Runtime) bool { return rt.closing.Load() }

// ArmedTimers and IdleCoroutines look into the worker that polls. Only its tasks may ask.
func ArmedTimers(h core.Host) int    { return h.(*worker).wheel.Len() }
func IdleCoroutines(h core.Host) int { return h.(*worker).pool.Idle() }

// PoolThreads counts the goroutines of the blocking pool, idle ones included.
func PoolThreads(rt *Runtime) int {
	rt.blocking.mu.Lock()
	defer rt.blocking.mu.Unlock()
	return rt.blocking.threads
}

// WatchdogAsleep reports whether the watchdog waits for a worker to wake up.
func WatchdogAsleep(rt *Runtime) bool { return rt.watchdog.asleep.Load() }

type LocalQueue = localQueue

func (q *localQueue) Push(t *task.Task)     { q.push(t) }
func (q *localQueue) PushLIFO(t *task.Task) { q.pushLIFO(t) }
func (q *localQueue) Pop() *task.Task       { return q.pop() }
func (q *localQueue) Empty() bool           { return q.empty() }
func (q *localQueue) Len() int {
	n := int(q.tail-q.head) + q.overflow.Len()
	if q.lifo != nil {
		n++
	}
	return n
}
