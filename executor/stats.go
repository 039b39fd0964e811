package executor

import (
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/core/task"
)

// Counters are totals since the runtime was made: of one worker in [WorkerMetrics], of all in
// [Stats].
type Counters struct {
	Spawned   uint64 // tasks accepted
	Completed uint64 // tasks that ended by themselves, panics included
	Cancelled uint64 // tasks that ended because they were aborted, or were given up at shutdown
	Panicked  uint64 // tasks that panicked; in Stats also what else panicked and was contained: see OnPanic

	Polls        uint64
	BudgetYields uint64 // polls that ended because their budget was spent
	WakesLocal   uint64 // tasks that became ready by a wake on the worker itself
	WakesRemote  uint64 // tasks that came through an inbox or the injector: by wakes and spawns, or for want of room

	Parks    uint64 // how often a worker went to sleep
	Notifies uint64 // how often a sleeping worker was woken by another goroutine: system calls

	Searches  uint64 // how often a worker looked for work in the others' queues
	Steals    uint64 // how often it found some there
	Stolen    uint64 // tasks that came along
	Overflows uint64 // how often a task did not fit a worker's ring, and went behind it or, perhaps later, to the injector
}

// Stats are the totals of a runtime. They are taken without stopping the workers, so one that is busy
// may be up to 61 polls ahead of what is shown.
type Stats struct {
	Counters

	Live             int // tasks that have not ended, or did so in a turn that is under way
	Registrations    int // descriptors in the pollers
	Queued           int // tasks in the injector, where workers steal
	BlockingQueued   int // functions that wait for a goroutine of the blocking pool
	BlockingRunning  int // functions that run there
	BlockingThreads  int // goroutines of the pool, idle ones included
	BlockingFinished uint64
}

// Metrics are the Stats, and what they are made of.
type Metrics struct {
	Stats
	Workers []WorkerMetrics
	// BlockingWait is how long functions waited for a goroutine of the blocking pool.
	BlockingWait Histogram
}

// WorkerMetrics are about one worker.
type WorkerMetrics struct {
	ID     int
	Name   string
	Parked bool
	Counters
	Registrations int

	// PollTime is how long polls took: every 256th, or all of them under Options.Instrument. So it has no samples
	// for a worker that has polled fewer times, which its String, Mean and Quantile say.
	PollTime Histogram
	// ScheduleLatency is how long tasks were ready before they were polled. Only under
	// Options.Instrument, since it takes the time of each wake.
	ScheduleLatency Histogram
}

// counts are the worker's own, without atomics; publish copies them to where others may read.
type counts struct {
	completed, cancelled, panicked uint64
	polls, budgetYields            uint64
	wakesLocal, wakesRemote        uint64
	parks                          uint64
}

// workerStats are written by the worker, but for notifies and refused, which are anybody's.
type workerStats struct {
	spawned, completed, cancelled, panicked    atomic.Uint64
	polls, budgetYields                        atomic.Uint64
	wakesLocal, wakesRemote                    atomic.Uint64
	parks, searches, steals, stolen, overflows atomic.Uint64

	notifies atomic.Uint64
	refused  atomic.Uint64 // spawns from outside that came too late, which guests counts too

	pollTime, latency histogram
}

// sampleEach is how many polls there are for one that is timed. Reading the clock twice costs as much
// as two polls; a power of two, which turns into a mask.
const sampleEach = 256

func (c *counts) ended(t *task.Task) {
	if t.State() == task.Cancelled {
		c.cancelled++
	} else {
		c.completed++
	}
}

// publish costs a store for what has changed since the last time, and a comparison for the rest.
func (w *worker) publish() {
	c, s, st := &w.counts, &w.stats, w.ready.Stealer.Counts()
	set(&s.spawned, w.births.inside)
	set(&s.completed, c.completed)
	set(&s.cancelled, c.cancelled)
	set(&s.panicked, c.panicked)
	set(&s.polls, c.polls)
	set(&s.budgetYields, c.budgetYields)
	set(&s.wakesLocal, c.wakesLocal)
	set(&s.wakesRemote, c.wakesRemote+st.Injected)
	set(&s.parks, c.parks)
	set(&s.searches, st.Searches)
	set(&s.steals, st.Steals)
	set(&s.stolen, st.Stolen)
	set(&s.overflows, w.ready.Bound.Spills()+st.Overflows)
}

func set(to *atomic.Uint64, v uint64) {
	if to.Load() != v {
		to.Store(v)
	}
}

// sample ends the timing of a poll.
func (w *worker) sample() {
	w.stats.pollTime.add(w.Now() - w.timing.began)
	w.timing.began = 0
}

// TaskTimed implements task.TimingHost.
func (w *worker) TaskTimed(ready, busy time.Duration) {
	w.stats.latency.add(ready)
	w.stats.pollTime.add(busy)
}

func (w *worker) counters() Counters {
	s := &w.stats
	refused := s.refused.Load() // first: what is refused was counted as a guest before
	return Counters{
		Spawned:      s.spawned.Load() + w.births.outside.Load() - refused,
		Completed:    s.completed.Load(),
		Cancelled:    s.cancelled.Load(),
		Panicked:     s.panicked.Load(),
		Polls:        s.polls.Load(),
		BudgetYields: s.budgetYields.Load(),
		WakesLocal:   s.wakesLocal.Load(),
		WakesRemote:  s.wakesRemote.Load(),
		Parks:        s.parks.Load(),
		Notifies:     s.notifies.Load(),
		Searches:     s.searches.Load(),
		Steals:       s.steals.Load(),
		Stolen:       s.stolen.Load(),
		Overflows:    s.overflows.Load(),
	}
}

func (c *Counters) add(d Counters) {
	c.Spawned += d.Spawned
	c.Completed += d.Completed
	c.Cancelled += d.Cancelled
	c.Panicked += d.Panicked
	c.Polls += d.Polls
	c.BudgetYields += d.BudgetYields
	c.WakesLocal += d.WakesLocal
	c.WakesRemote += d.WakesRemote
	c.Parks += d.Parks
	c.Notifies += d.Notifies
	c.Searches += d.Searches
	c.Steals += d.Steals
	c.Stolen += d.Stolen
	c.Overflows += d.Overflows
}

// Stats returns the totals of this moment. Any goroutine.
func (rt *Runtime) Stats() Stats {
	rt.assertMade()
	var s Stats
	for _, w := range rt.workers {
		s.Counters.add(w.counters())
		s.Registrations += w.reactor.Len()
	}
	s.Panicked += rt.strayPanics.Load()
	s.Live = rt.live()
	if rt.shared != nil {
		s.Queued = rt.shared.Queued()
	}
	rt.blocking.stats(&s)
	return s
}

// Metrics returns Stats and the rest. It copies some kilobytes for each worker. Any goroutine.
func (rt *Runtime) Metrics() Metrics {
	m := Metrics{Stats: rt.Stats()}
	for _, w := range rt.workers {
		m.Workers = append(m.Workers, WorkerMetrics{
			ID:              w.id,
			Name:            w.rt.workerName(w.id),
			Parked:          w.parked.Load(),
			Counters:        w.counters(),
			Registrations:   w.reactor.Len(),
			PollTime:        w.stats.pollTime.read(),
			ScheduleLatency: w.stats.latency.read(),
		})
	}
	m.BlockingWait = rt.blocking.wait.read()
	return m
}
