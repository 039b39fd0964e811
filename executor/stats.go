package executor

import "time"

// Counters are totals since the runtime was made: of one worker in [WorkerMetrics], of all in
// [Stats].
type Counters struct {
	Spawned   uint64 // tasks accepted
	Completed uint64 // tasks that ended by themselves, panics included
	Cancelled uint64 // tasks that ended because they were aborted, or were given up at shutdown
	Panicked  uint64 // tasks that panicked; in Stats also other panics that were contained: see Options.OnPanic

	Polls        uint64
	HandedOn     uint64 // polls that a body in direct style began where the one before stopped, in at most one switch of stacks
	BudgetYields uint64 // polls that ended because their budget was spent
	WakesLocal   uint64 // tasks that became ready by a wake on the worker itself
	WakesRemote  uint64 // tasks that came through an inbox or the injector: by wakes and spawns, or because a queue was full

	Spins    uint64 // how often a worker that had run out of tasks looked for more for a while: see Options.SpinBeforePark
	SpinHits uint64 // how often that spared it the sleep
	Parks    uint64 // how often a worker went to sleep
	Notifies uint64 // how often another goroutine woke a sleeping worker: system calls

	Searches  uint64 // how often a worker searched the others' queues
	Steals    uint64 // how often it found tasks there
	Stolen    uint64 // tasks that it took
	Overflows uint64 // how often a task did not fit a worker's ring, and went behind it or, perhaps later, to the injector
}

// Stats are the totals of a runtime. They are read without stopping the workers, so a busy worker
// may be up to 61 polls ahead of them.
type Stats struct {
	Counters

	Live             int // tasks that have not ended, or did so in a round that is under way
	Registrations    int // descriptors in the pollers
	Queued           int // tasks in the injector, where workers steal
	BlockingQueued   int // functions that wait for a goroutine of the blocking pool
	BlockingRunning  int // functions that run there
	BlockingThreads  int // goroutines of the pool, idle ones included
	BlockingFinished uint64
}

// Metrics are the Stats, the counters of each worker that they are the sum of, and histograms. Stats.Panicked is that sum and
// the panics of no task.
type Metrics struct {
	Name  string    // Options.Name, or what it means if it is ""
	Since time.Time // when New made the runtime: all totals count from then on
	Stats
	Workers []WorkerMetrics
	// BlockingWait is how long functions waited for a goroutine of the blocking pool.
	BlockingWait Histogram
}

// WorkerMetrics describe one worker.
type WorkerMetrics struct {
	ID     int
	Name   string
	Parked bool
	Counters
	Registrations int

	// PollTime is how long polls took: every 256th, or all of them under Options.Instrument. So it has no samples
	// of a worker that has polled fewer times, and its String, Mean and Quantile say so.
	PollTime Histogram
	// ScheduleLatency is how long tasks were ready before they were polled. Only under
	// Options.Instrument, because each wake reads the clock for it.
	ScheduleLatency Histogram
}

// Stats returns the totals of this moment. Any goroutine.
func (rt *Runtime) Stats() Stats {
	rt.assertMade()
	var s Stats
	for _, w := range rt.workers {
		s.Counters.add(w.counters())
		s.Registrations += w.reactor.Len()
	}
	rt.addShared(&s)
	return s
}

// addShared adds to s what belongs to no worker.
func (rt *Runtime) addShared(s *Stats) {
	s.Panicked += rt.strayPanics.Load()
	s.Live = rt.live()
	if rt.shared != nil {
		s.Queued = rt.shared.Queued()
	}
	rt.blocking.stats(s)
}

// Metrics returns the Stats, and counters and histograms of each worker. It copies some kilobytes for each. Any goroutine.
func (rt *Runtime) Metrics() Metrics {
	rt.assertMade()
	m := Metrics{Name: rt.opts.Name, Since: rt.epoch, Workers: make([]WorkerMetrics, len(rt.workers))}
	for i, w := range rt.workers {
		m.Workers[i] = WorkerMetrics{
			ID:              w.id,
			Name:            w.rt.workerName(w.id),
			Parked:          w.parked.Load(),
			Counters:        w.counters(),
			Registrations:   w.reactor.Len(),
			PollTime:        w.stats.pollTime.read(),
			ScheduleLatency: w.stats.latency.read(),
		}
		m.Counters.add(m.Workers[i].Counters) // of this reading: a second one would be ahead of it
		m.Registrations += m.Workers[i].Registrations
	}
	rt.addShared(&m.Stats)
	m.BlockingWait = rt.blocking.wait.read()
	return m
}
