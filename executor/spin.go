package executor

import (
	"runtime"
	"sync/atomic"
	"time"
)

// This file has what a worker does between running dry and parking, where there are several: it spins, that is, it
// looks for a while at what other goroutines write to make it run, so that they need no system call for that.
//
// # No wake is lost
//
// A spin comes between the worker's announcement that it sleeps and its parking of the inbox. It only makes the time
// between these two longer, so the arguments at worker.park, task.Inbox and in runq/idle.go stay as they are:
//
//	the notifier                            the worker
//	1. pushes a task to the inbox, sets     1. announces its sleep in the idle word
//	   stop, or chooses the worker in the   2. spins until it reads one of the notifier's 1
//	   idle word                            3. parks the inbox, which fails if there is a task
//	2. finds the inbox not parked, so it    4. reads stop and the idle word, and sleeps if neither
//	   notifies nobody; else notifies          says otherwise
//
// The notifier's 1 before the worker's 3 is seen by the worker in 2, 3 or 4. After it, the notifier finds the inbox
// parked. What a spin does not look at, the worker reads after 3, as ever: I/O, timers that another worker arms, and
// timers that come back. So these may be late by as much as the longest spin, as they are after a long poll.
//
// Designs that were rejected:
//
//   - A Gosched in each turn: while the process has idle processors, each wakes a thread that finds nothing.
//   - A bound without an account: a worker that gets a task every 40 us would spin all the time.
//   - To spin as a searcher, where workers steal: then a task that becomes stealable wakes no worker that sleeps, and
//     the spin would have to look into the queues of all others.

const (
	// spinFor is the longest spin of a worker without I/O. It is what a wake of a parked thread takes on a virtual
	// machine whose other processor is idle. With less, two workers that have parked once wait for each other's thread
	// for ever.
	spinFor = 50 * time.Microsecond
	// maxSpin is the longest that an option may ask for: a wake of a thread seldom takes longer.
	maxSpin = time.Millisecond
	// spinForIO is the longest spin of a worker that has I/O, which it does not see meanwhile.
	spinForIO = 5 * time.Microsecond

	// A worker spins once minShort to maxShort sleeps in a row were short. One that I/O, a timer or a call has ended is
	// not short. With fewer, a single exchange with another goroutine would start a spin; with more, a worker whose load
	// has changed would not try again for seconds.
	minShort = 4
	maxShort = 4096

	// spinSaves is what a spin saves that ends with a task: the processor time of a sleep and its notification.
	spinSaves = 20 * time.Microsecond
	// spinLoan is how many of the longest spins a worker may take more than they save, before it gives up: a few, since
	// the other worker may just have been late. spinSavings bounds what it keeps of the savings of better times, so that
	// it gives up within a millisecond when they end.
	spinLoan    = 4
	spinSavings = 20

	// loadFirst and loadLater are how long after an answer a spinning worker asks again whether goroutines wait for a
	// processor: soon, if they did. A worker that is in a Gosched is among them for an instant.
	loadFirst = time.Microsecond
	loadLater = 5 * time.Microsecond
	// spinGap is the time between two readings of the clock from which on the system must have run something else
	// instead of the worker: so the machine has no idle processor.
	spinGap = 20 * time.Microsecond
)

// A spinner decides whether its worker spins. The worker's goroutine.
type spinner struct {
	longest time.Duration // a spin, without I/O
	dry     time.Duration // when the worker ran out of tasks last
	short   int           // how many of its last sleeps were short, in a row
	wanted  int           // how many must be
	// saved is an account: what its spins have saved, less what they took. If it falls below the loan, the worker stops
	// spinning for twice as many short sleeps as the last time.
	saved time.Duration
}

// spinners counts the spinning workers of a runtime, which are half of them at most.
type spinners struct {
	limit int32        // set at the start; 0 if none may spin
	n     atomic.Int32 // any worker
}

// enter makes the caller one of them, if there is room.
func (s *spinners) enter() bool {
	for n := s.n.Load(); n < s.limit; n = s.n.Load() {
		if s.n.CompareAndSwap(n, n+1) {
			return true
		}
	}
	return false
}

// spins reports whether the worker spins before it parks, if the process has an idle processor.
func (w *worker) spins() bool { return w.rt.spinners.limit != 0 && w.spinner.short >= w.spinner.wanted }

// spin looks until the worker is summoned, and reports that, or until it may not spin any longer. The worker has
// announced its sleep, and not parked its inbox.
func (w *worker) spin() bool {
	if w.rt.spinners.limit == 0 {
		return false
	}
	s := &w.spinner
	s.dry = w.Now()
	if !w.spins() || w.summoned() {
		return w.summoned()
	}
	bound := w.longestSpin()
	full := w.rt.goSched.full()
	if bound <= 0 || full && runtime.GOMAXPROCS(0) == 1 || !w.rt.spinners.enter() {
		return false
	}
	w.counts.spins++
	w.spinning.Store(true)
	found, took := w.look(bound, full)
	w.endSpin()
	s.account(found, took)
	if found {
		w.counts.spinHits++
	}
	return found
}

// longestSpin returns how long the worker may spin now: not beyond the time of its next timer.
func (w *worker) longestSpin() time.Duration {
	bound := w.spinner.longest
	if w.reactor.Len() != 0 {
		bound = min(bound, spinForIO)
	}
	if at, ok := w.timers.next(); ok {
		bound = min(bound, at-w.spinner.dry)
	}
	return bound
}

// look is the loop of spin. Reading the clock is its pause: some 50 ns in which it takes no cache line from the
// others.
func (w *worker) look(bound time.Duration, full bool) (found bool, took time.Duration) {
	dry := w.spinner.dry
	last, asked := dry, dry
	for w.spinning.Load() {
		now := w.Now()
		took = now - dry
		if w.summoned() {
			return true, took
		}
		if took >= bound || now-last >= spinGap {
			return false, took
		}
		last = now
		if now-asked < loadFirst || !full && now-asked < loadLater {
			continue
		}
		asked = now
		if was := full; w.rt.goSched.full() {
			if full = true; was {
				return false, took
			}
		} else {
			full = false
		}
	}
	return w.summoned(), took
}

// summoned reports whether a notifier has written what makes the worker run: see the top of this file.
func (w *worker) summoned() bool {
	return !w.inbox.Empty() || w.stop.Load() || !w.ready.Stealer.Asleep()
}

// endSpin makes room for another spinning worker. The worker calls it after a spin, and so does any goroutine that has
// summoned the worker: that goroutine's worker may run dry before this one has noticed, and is to find room then. A call
// that comes late, when the worker spins again, ends that spin.
func (w *worker) endSpin() {
	if w.spinning.Load() && w.spinning.CompareAndSwap(true, false) {
		w.rt.spinners.n.Add(-1)
	}
}

// account notes a spin. If it took longer than the longest, the system ran something else meanwhile.
func (s *spinner) account(found bool, took time.Duration) {
	s.saved -= min(took, s.longest)
	if found {
		s.saved += spinSaves
	}
	switch {
	case s.saved < -spinLoan*s.longest:
		s.saved, s.short = 0, 0
		s.wanted = min(2*s.wanted, maxShort)
	case s.saved >= spinSavings*s.longest:
		s.saved, s.wanted = spinSavings*s.longest, minShort
	}
}

// slept notes how a sleep has ended, before its tasks are taken.
func (w *worker) slept() {
	if w.rt.spinners.limit == 0 {
		return
	}
	byTask := len(w.fired) == 0 && w.summoned()
	w.spinner.slept(byTask, w.Now()-w.spinner.dry)
}

// slept notes a sleep. It is short up to twice the longest spin, because the worker's own wake is part of it.
func (s *spinner) slept(byTask bool, took time.Duration) {
	if byTask && took < 2*s.longest {
		s.short++
	} else {
		s.short = 0
	}
}
