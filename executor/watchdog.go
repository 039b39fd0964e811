package executor

import (
	"runtime"
	"sync/atomic"
	"time"
)

// A LongPoll is the report of a poll that holds its worker: see Options.LongPollThreshold.
type LongPoll struct {
	Task TaskInfo
	For  time.Duration // it has lasted at least this long
	// Stack is the stack of the poll at this moment. It is nil in a process of more than 2,000 goroutines, coroutines
	// that wait included: to find one stack the process is stopped while all are listed. For the same
	// reason it is nil in some of several reports in quick succession. It is nil, too, if the poll ends meanwhile. Where
	// tasks are stolen, and several workers poll, it may have the stacks of several polls.
	Stack []byte
	// Blocked is what the goroutine of the poll waits for, in the words of package runtime: "sync.Mutex.Lock",
	// "chan receive", "select", "IO wait", "syscall" and so on. It is "" if the goroutine computes, or if Stack does not tell.
	Blocked string
	// Holders are the stacks of up to four suspended tasks, if Blocked is a lock that one of them is likely to hold; or nil.
	// A lock that is held over an await blocks each worker that polls a task which wants it, and for ever if that is the
	// worker of the holder. A task is a likely holder if it is suspended in the function that has called Lock, or in a
	// method of the same value or type. Stacks do not tell who holds a lock, so this is a guess.
	Holders []byte
}

// A watchdog checks four times in each limit whether the polls of the workers end. A worker publishes the number of the
// poll under way, and has no other cost. The watchdog sleeps while all workers are parked, so
// an idle runtime stays idle.
//
// No worker runs unwatched: a worker (1) writes parked = false, (2) reads asleep; the watchdog
// (1) writes asleep = true, (2) reads parked. One of them sees the other.
type watchdog struct {
	rt     *Runtime
	limit  time.Duration
	asleep atomic.Bool
	wake   chan struct{} // has room for one
	stop   chan struct{}
	exited chan struct{}
	watch  []watched

	nextStack time.Time // when it may stop the process for a stack again
}

// A watched is the state of the watchdog for one worker.
type watched struct {
	poll     uint64    // worker.current at the last check
	since    time.Time // when it was first seen
	reported bool
	polledBy uint64 // the goroutine that was reported as blocked, or 0
}

func startWatchdog(rt *Runtime, limit time.Duration) *watchdog {
	if limit < 0 {
		return nil
	}
	d := &watchdog{
		rt:     rt,
		limit:  limit,
		wake:   make(chan struct{}, 1),
		stop:   make(chan struct{}),
		exited: make(chan struct{}),
		watch:  make([]watched, len(rt.workers)),
	}
	go d.run()
	return d
}

func (d *watchdog) close() {
	if d != nil {
		close(d.stop)
		<-d.exited
	}
}

// unparked wakes the watchdog if it sleeps. A worker that has slept calls it.
func (d *watchdog) unparked() {
	if d != nil && d.asleep.Load() && d.asleep.CompareAndSwap(true, false) {
		d.wake <- struct{}{}
	}
}

func (d *watchdog) run() {
	defer close(d.exited)
	ticker := time.NewTicker(max(d.limit/4, time.Millisecond))
	defer ticker.Stop()
	for {
		select {
		case <-d.stop:
			return
		case <-ticker.C:
		}
		idle := true
		for i, w := range d.rt.workers {
			if d.check(&d.watch[i], w) {
				idle = false
			}
		}
		if idle && !d.sleep(ticker) {
			return
		}
	}
}

// sleep waits until a worker is unparked. It returns false if the watchdog is to stop.
func (d *watchdog) sleep(ticker *time.Ticker) bool {
	d.asleep.Store(true)
	for _, w := range d.rt.workers {
		if !w.parked.Load() {
			if !d.asleep.CompareAndSwap(true, false) {
				<-d.wake // the worker was quicker: take its token
			}
			return true
		}
	}
	ticker.Stop()
	select {
	case <-d.stop:
		return false
	case <-d.wake:
	}
	ticker.Reset(max(d.limit/4, time.Millisecond))
	return true
}

// check reports a poll of w that does not end. It returns whether w has worked since the last check.
func (d *watchdog) check(l *watched, w *worker) (busy bool) {
	poll := w.current.Load()
	if poll == 0 || poll != l.poll {
		*l = watched{poll: poll, since: time.Now()}
		return !w.parked.Load()
	}
	if lasted := time.Since(l.since); !l.reported && lasted >= d.limit {
		l.reported = true
		p := LongPoll{Task: w.info(poll & taskMask), For: lasted}
		if all := d.stacks(); all != nil {
			l.polledBy = p.diagnose(all, w, d.polledElsewhere())
		}
		d.report(p)
	}
	return true
}

// info names the live task with number id.
func (w *worker) info(id uint64) TaskInfo {
	if id == 0 {
		return TaskInfo{}
	}
	for _, t := range w.rt.setOf(id).Tasks() {
		if t.ID()&taskMask == id {
			return infoOf(t)
		}
	}
	return TaskInfo{ID: id} // the task has ended meanwhile
}

func (d *watchdog) report(p LongPoll) {
	if d.rt.opts.OnLongPoll != nil {
		d.rt.opts.OnLongPoll(p)
		return
	}
	d.rt.logLongPoll(p)
}

const (
	// maxGoroutines is the number of goroutines above which no stacks are listed. A stack takes some 5 us to list,
	// and all other goroutines are stopped meanwhile.
	maxGoroutines = 2000
	// stackShare bounds the time that goes into listing stacks: one part in so many.
	stackShare = 100
	// stackSize is the usual length of the text of a stack, and maxStacks bounds the text of all of them.
	stackSize = 2 << 10
	maxStacks = 16 << 20
)

// polledElsewhere are the goroutines that hold workers whose long poll was reported, and has not ended.
func (d *watchdog) polledElsewhere() (ids []uint64) {
	for i := range d.watch {
		if d.watch[i].polledBy != 0 {
			ids = append(ids, d.watch[i].polledBy)
		}
	}
	return ids
}

// stacks returns the stacks of all goroutines, or nil if that would take too long.
func (d *watchdog) stacks() []byte {
	n, begin := runtime.NumGoroutine(), time.Now()
	if n > maxGoroutines || begin.Before(d.nextStack) {
		return nil
	}
	buf := make([]byte, 1<<16+n*stackSize)
	n = runtime.Stack(buf, true)
	for n == len(buf) && len(buf) < maxStacks {
		buf = make([]byte, 4*len(buf))
		n = runtime.Stack(buf, true)
	}
	end := time.Now()
	d.nextStack = end.Add(stackShare * end.Sub(begin))
	return buf[:n]
}
