package runq

import (
	"math/bits"
	"time"

	"github.com/moduvex/moduvex-go/core/task"
)

// A Shared is what all stealing workers of a runtime use: the home of their tasks, the injector and the idle word.
type Shared struct {
	home     task.Home // of every task that is not bound to a worker
	injector injector
	idle     idleState
	stealers []*Stealer
	unpark   func(worker int)
	clock    func() time.Duration
}

// NewShared returns what the given number of workers share, up to MaxStealing. unpark makes a worker call
// [Stealer.Asleep] again before it sleeps on; any goroutine calls it. If clock is not nil, tasks note with it when
// they were queued. The runtime initialises the [Local] of each worker before a task is scheduled.
func NewShared(workers int, unpark func(worker int), clock func() time.Duration) *Shared {
	s := &Shared{idle: idleState{workers: workers}, unpark: unpark, clock: clock}
	s.home.Scheduler = s
	return s
}

// Home returns the home of every task that is not bound to a worker.
func (s *Shared) Home() *task.Home { return &s.home }

// Queued returns the number of tasks in the injector. Any goroutine.
func (s *Shared) Queued() int { return s.injector.len() }

// Sleepers returns how many workers have announced that they sleep. Any goroutine.
func (s *Shared) Sleepers() int { return bits.OnesCount64(s.idle.load().sleepers()) }

// Schedule implements task.Scheduler: it takes a task that has become ready elsewhere than on a worker. Any
// goroutine.
func (s *Shared) Schedule(t *task.Task) {
	if s.clock != nil {
		t.ForHost().MarkQueued(s.clock())
	}
	s.injector.push(t)
	s.wakeOne()
}

// wakeOne makes a worker search if that is needed: see idle.go. The caller has made a task stealable.
func (s *Shared) wakeOne() {
	if s.idle.wakesNobody() {
		return
	}
	if act, chosen := s.idle.apply(idleWork, 0); act == idleNotify {
		s.unpark(chosen)
	}
}

// anyWork looks at all queues that a searcher looks at. Of the ring of own, which is nil or the caller, it ignores
// one task: the caller takes that one next.
func (s *Shared) anyWork(own *Stealer) bool {
	if !s.injector.empty() {
		return true
	}
	for _, o := range s.stealers {
		n := o.ring.len()
		if o == own {
			n--
		}
		if n > 0 {
			return true
		}
	}
	return false
}
