package executor

import (
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/core/task"
)

// counts are written and read by the worker's goroutine alone, without atomics; publish copies them to workerStats.
type counts struct {
	completed, cancelled, panicked uint64
	polls, handedOn, budgetYields  uint64
	wakesLocal, wakesRemote        uint64
	spins, spinHits, parks         uint64
}

// workerStats are written by the worker, except for notifies; any goroutine reads them.
type workerStats struct {
	spawned, completed, cancelled, panicked atomic.Uint64
	polls, handedOn, budgetYields           atomic.Uint64
	wakesLocal, wakesRemote                 atomic.Uint64
	spins, spinHits, parks                  atomic.Uint64
	searches, steals, stolen, overflows     atomic.Uint64

	notifies atomic.Uint64

	pollTime, latency histogram
}

// sampleEach is the number of polls of which one is timed. Reading the clock twice costs as much
// as two polls. A power of two, so that the division is a mask.
const sampleEach = 256

func (c *counts) ended(t *task.Task) {
	if t.State() == task.Cancelled {
		c.cancelled++
	} else {
		c.completed++
	}
}

// publish copies the counts to where any goroutine may read them. It costs a store for each that has changed since the
// last call, and a comparison for each other.
func (w *worker) publish() {
	c, s, st := &w.counts, &w.stats, w.ready.Stealer.Counts()
	set(&s.spawned, w.spawned)
	set(&s.completed, c.completed)
	set(&s.cancelled, c.cancelled)
	set(&s.panicked, c.panicked)
	set(&s.polls, c.polls)
	set(&s.handedOn, c.handedOn)
	set(&s.budgetYields, c.budgetYields)
	set(&s.wakesLocal, c.wakesLocal)
	set(&s.wakesRemote, c.wakesRemote+st.Injected)
	set(&s.spins, c.spins)
	set(&s.spinHits, c.spinHits)
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

// TaskTimed implements task.TimingHost.
func (w *worker) TaskTimed(ready, busy time.Duration) {
	w.stats.latency.add(ready)
	w.stats.pollTime.add(busy)
}

func (w *worker) counters() Counters {
	s := &w.stats
	return Counters{
		Spawned:      s.spawned.Load() + w.accepted.Load(),
		Completed:    s.completed.Load(),
		Cancelled:    s.cancelled.Load(),
		Panicked:     s.panicked.Load(),
		Polls:        s.polls.Load(),
		HandedOn:     s.handedOn.Load(),
		BudgetYields: s.budgetYields.Load(),
		WakesLocal:   s.wakesLocal.Load(),
		WakesRemote:  s.wakesRemote.Load(),
		Spins:        s.spins.Load(),
		SpinHits:     s.spinHits.Load(),
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
	c.HandedOn += d.HandedOn
	c.BudgetYields += d.BudgetYields
	c.WakesLocal += d.WakesLocal
	c.WakesRemote += d.WakesRemote
	c.Spins += d.Spins
	c.SpinHits += d.SpinHits
	c.Parks += d.Parks
	c.Notifies += d.Notifies
	c.Searches += d.Searches
	c.Steals += d.Steals
	c.Stolen += d.Stolen
	c.Overflows += d.Overflows
}
