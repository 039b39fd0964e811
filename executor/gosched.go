package executor

import (
	"runtime"
	"runtime/metrics"
	"sync/atomic"
	"time"
)

// A yielder makes its worker yield to the other goroutines of the process. A worker with tasks never blocks, and a
// worker that parks blocks in a system call, which keeps its processor until Go's monitor takes it away: either way
// the others would wait for up to 10 ms. Among them are goroutines that the tasks have just woken, and those of the
// garbage collector: while it marks, each pointer write pays for a barrier.
//
// While there are idle processors the others do not wait, and a Gosched costs microseconds: Go wakes the thread of an
// idle processor, which searches beside this worker and finds nothing. So a worker that parks first checks whether any
// goroutine is ready. A worker with tasks yields every 100 us while there are idle processors, since such a processor
// may be a thread that the system does not run, and otherwise in each round.
type yielder struct {
	rt        *Runtime
	polls     uint64        // of the worker, at the last Gosched
	woke      bool          // the reactor has woken a goroutine since then
	serving   int           // how many more sleeps are in Go's netpoller: see countServing
	due       uint          // how often a yield was due: load is called in one of loadEach
	idleProcs bool          // the process had idle processors at the last load
	last      time.Duration // when the worker yielded last, if so
}

// yieldEach is how long a worker with tasks polls between two yields while there are idle processors. While there are
// none, the worker calls load in one of loadEach yields.
const (
	yieldEach = 100 * time.Microsecond
	loadEach  = 16
)

// maybeYield calls runtime.Gosched if that is due. The worker calls it once a round, with the number of its polls
// and whether it parks next.
func (y *yielder) maybeYield(polls uint64, parks bool) {
	n := polls - y.polls
	if y.woke {
		n++ // as a task that has woken it
	}
	if n == 0 || n < pollsPerRound && !parks {
		return
	}
	if y.idleProcs && !parks && y.rt.now()-y.last < yieldEach {
		return
	}
	if y.due++; parks || y.idleProcs || y.due%loadEach == 0 {
		var ready bool
		if y.idleProcs, ready = y.rt.goSched.load(); parks && y.idleProcs && !ready {
			return
		}
	}
	y.polls, y.woke = polls, false
	runtime.Gosched()
	if y.idleProcs {
		y.last = y.rt.now()
	}
}

// servesFor is how many sleeps after the last wake of a goroutine a worker still sleeps in Go's netpoller.
const servesFor = 16

// wakes notes that an event of the reactor has woken a goroutine, through its Parker.
func (y *yielder) wakes() {
	y.woke = true
	y.serving = servesFor
}

// countServing reports whether the worker should sleep in Go's netpoller, and counts the sleep: the worker calls it once for
// each. A worker whose events mostly wake goroutines should: in a system call it would keep the processor that they want to
// run on, and want one back at the next event, while they run. On an echo by goroutines with 64 connections that took 1.3
// to 1.6 times the processor time. Without goroutines to wake a system call is cheaper. A worker with a thread of its own
// would hand the thread over and back at each sleep.
func (y *yielder) countServing() bool {
	if y.serving == 0 || y.rt.opts.LockOSThread {
		return false
	}
	y.serving--
	return true
}

// A goScheduler knows how busy Go's scheduler is. Package runtime/metrics takes some 80 ns for that, under a lock of
// the whole process, on which a worker must not wait: so one worker reads it at a time. The metrics are new in
// Go 1.26; older versions report neither.
type goScheduler struct {
	known   bool // the version of Go reports the metrics; set at the start
	reading atomic.Bool
	samples [3]metrics.Sample
}

func (s *goScheduler) init() {
	s.samples = [...]metrics.Sample{
		{Name: "/sched/gomaxprocs:threads"},
		{Name: "/sched/goroutines/running:goroutines"},
		{Name: "/sched/goroutines/runnable:goroutines"},
	}
	_, _, _, s.known = s.read()
}

// load reports whether the process has idle processors, in Go's sense, and whether goroutines are ready and do not
// run. What is not known it returns as false and true. Any goroutine.
func (s *goScheduler) load() (idle, ready bool) {
	procs, running, runnable, ok := s.read()
	if !ok {
		return false, true
	}
	return running < procs, runnable != 0
}

// full reports whether a worker that spins keeps a processor from others: goroutines are ready and do not run, or as
// many run as the machine has processors and one more, or there is one processor anyway. What is not known it returns
// as true. Any goroutine.
func (s *goScheduler) full() bool {
	procs, running, runnable, ok := s.read()
	return !ok || runnable != 0 || procs < 2 || running > uint64(runtime.NumCPU())
}

func (s *goScheduler) read() (procs, running, runnable uint64, ok bool) {
	if !s.reading.CompareAndSwap(false, true) {
		return 0, 0, 0, false
	}
	defer s.reading.Store(false)
	metrics.Read(s.samples[:])
	for i := range s.samples {
		if s.samples[i].Value.Kind() != metrics.KindUint64 {
			return 0, 0, 0, false
		}
	}
	return s.samples[0].Value.Uint64(), s.samples[1].Value.Uint64(), s.samples[2].Value.Uint64(), true
}
