package executor

import (
	"math"
	"sync"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
)

// The timers of a worker are in its wheel. Where tasks stay, only the worker accesses it, without a
// lock. Where they move, a task may disarm or reset on one worker a timer that it has armed on another, so
// there every access is under mu.
//
// # Why no timer is late
//
// A worker that goes to sleep (1) has parked its inbox, (2) publishes under mu until when it sleeps, and sleeps. Another
// worker that arms a timer for an earlier time (1) puts it into the wheel under mu, where it reads wake; (2) if the time
// of the timer is before wake, interrupts the inbox. If its locked section is first, the sleeper's wait ends in time by
// itself. If the sleeper's is first, the sleeper has parked before, so the interrupt finds it parked.
//
// Disarming a timer interrupts no worker: the sleeper wakes up once although no timer is due.
type timers struct {
	worker *worker
	shared bool // tasks move, so mu is needed

	mu    sync.Mutex
	wheel *wheel.Wheel
	wake  time.Duration // until when the worker sleeps; less than all times while it is awake
	due   []core.Waker  // scratch of expire; the worker's goroutine alone

	released released // where tasks stay
}

const awake = time.Duration(math.MinInt64)

// dueAtOnce bounds how many timers a round takes out of the wheel: as many as the tasks that it polls, so
// that a round is short, and that memory which a timer brought into the caches is still there when its task is
// polled. Timers behind these wait in the wheel about as long as their tasks would wait in the queue.
const dueAtOnce = pollsPerRound

func (ts *timers) init(w *worker) {
	ts.worker, ts.shared = w, w.rt.shared != nil
	ts.wheel = wheel.New(0)
	ts.wake = awake
}

func (ts *timers) lock() {
	if ts.shared {
		ts.mu.Lock()
	}
}

func (ts *timers) unlock() {
	if ts.shared {
		ts.mu.Unlock()
	}
}

// arm implements Host.Arm. Only the worker calls it; where tasks move, any worker.
func (ts *timers) arm(e *wheel.Entry, at time.Duration) {
	if !ts.shared {
		ts.checkPolling()
		ts.wheel.Reset(e, at)
		return
	}
	ts.mu.Lock()
	ts.wheel.Reset(e, at)
	early := at < ts.wake
	ts.mu.Unlock()
	if early {
		ts.worker.unpark()
	}
}

// disarm implements Host.Disarm. Its callers are those of arm.
func (ts *timers) disarm(e *wheel.Entry) {
	if !ts.shared {
		ts.checkPolling()
	}
	ts.lock()
	ts.wheel.Remove(e)
	ts.unlock()
}

// checkPolling panics, where tasks stay, if no task of this worker is being polled or dropped: then the caller
// is not on the worker. It misses a caller elsewhere during such a poll. When the runtime closes, no
// worker polls and one at a time drops, so any worker may disarm.
func (ts *timers) checkPolling() {
	if w := ts.worker; w.current.Load() == 0 && w.rt.phaseNow() != closing {
		panic("executor: a timer was armed or disarmed from outside its worker, where tasks do not move")
	}
}

// len returns how many timers are armed. Its callers are those of arm.
func (ts *timers) len() int {
	ts.lock()
	defer ts.unlock()
	return ts.wheel.Len()
}

// expire wakes the tasks of the timers that are due, up to dueAtOnce. Only the worker calls it. It reads the wakers under
// the lock, because they belong to the owner of the timer once the entry is out of the wheel, and calls them outside of
// it, because they may arm and disarm.
func (ts *timers) expire() {
	ts.takeBack()
	if ts.len() == 0 {
		return
	}
	now := ts.worker.Now()
	ts.lock()
	for len(ts.due) < dueAtOnce {
		e := ts.wheel.Expire(now)
		if e == nil {
			break
		}
		ts.due = append(ts.due, e.Waker)
	}
	ts.unlock()
	for i, k := range ts.due {
		ts.worker.WakeLater(k)
		ts.due[i] = nil
	}
	ts.due = ts.due[:0]
}

// sleep publishes until when the worker sleeps, and returns for how long it may; less than 0 is for ever.
// Only the worker calls it, after it has parked its inbox.
func (ts *timers) sleep() time.Duration {
	ts.takeBack()
	ts.lock()
	defer ts.unlock()
	at, ok := ts.wheel.Next()
	if !ok {
		ts.wake = math.MaxInt64
		return -1
	}
	ts.wake = at
	return max(at-ts.worker.Now(), 0)
}

// next returns when the next timer is due, if there is one. Only the worker calls it.
func (ts *timers) next() (at time.Duration, ok bool) {
	ts.lock()
	defer ts.unlock()
	return ts.wheel.Next()
}

// awake undoes sleep.
func (ts *timers) awake() {
	ts.lock()
	ts.wake = awake
	ts.unlock()
}

// release fires the timers that are left when all tasks have ended: deadlines of sockets that outlive the runtime. Tasks of
// another runtime that wait for such a deadline arm it there then.
func (ts *timers) release() {
	ts.takeBack()
	ts.released.top.Store(closedStack)
	for e := ts.wheel.Expire(math.MaxInt64); e != nil; e = ts.wheel.Expire(math.MaxInt64) {
		e.Waker.Wake()
	}
}
