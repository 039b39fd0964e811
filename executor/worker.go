package executor

import (
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
	"github.com/moduvex/moduvex-go/reactor"
)

// pollsPerTurn is how many polls a worker does before it looks after everything else. Go and
// tokio look at their global queues as often; a prime, so that it does not beat with periods of
// the tasks.
const pollsPerTurn = 61

// A worker polls tasks on a goroutine of its own.
type worker struct {
	rt      *Runtime
	home    task.Home
	cx      *core.Context
	queue   localQueue
	wheel   *wheel.Wheel
	pool    *coro.Pool
	rand    *rand.Rand
	reactor *reactor.Reactor
	wakers  []reactor.Waker // scratch of io
	arrived task.Queue      // scratch of receive
	ids     idBlock
	counts  counts
	yielded uint64 // counts.polls at the last Gosched

	polling *task.Task  // the task being polled
	fatal   *propagated // a panic that is to end the process
	goexit  bool        // a task has left the loop; if the loop does not return, it was by runtime.Goexit

	// Written by anybody, read by the worker.
	inbox task.Inbox
	stop  atomic.Bool
	news  atomic.Bool // something besides tasks has changed; written before inbox.Interrupt

	// Written by the worker, read by anybody.
	live    task.Set
	stats   workerStats
	current atomic.Uint64 // the poll under way, for the watchdog: see pollMark; 0 outside polls
	parked  atomic.Bool

	exited chan struct{} // closed at the end
}

func newWorker(rt *Runtime, id int) (*worker, error) {
	p, err := rt.opts.Poller()
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, &OptionError{"Poller", "func", "returned neither a poller nor an error"}
	}
	w := &worker{
		rt:      rt,
		wheel:   wheel.New(0),
		pool:    coro.NewPool(rt.opts.IdleCoroutines, false),
		rand:    rand.New(rand.NewPCG(rt.opts.Seed, uint64(id))),
		reactor: reactor.New(p),
		exited:  make(chan struct{}),
	}
	w.home.Scheduler = w
	w.cx = core.NewContext(w)
	return w, nil
}

// run is the worker's goroutine. What a task does to it ends that task only: after a panic the
// loop is entered again; a Goexit cannot be stopped, so a new goroutine takes over.
func (w *worker) run() {
	defer func() {
		if w.goexit {
			w.goexit = false
			go w.run()
		}
	}()
	for !w.stop.Load() {
		w.loop()
		w.goexit = false
	}
	w.close()
}

// loop is left when the worker is to stop, and when a task panics or exits the goroutine. One
// recover serves all polls, which is why a poll pays nothing for it.
//
// A poll is written out here rather than in a function of its own: each return between here and
// the switch to a coroutine is one that the processor predicts wrongly.
func (w *worker) loop() {
	defer w.contain()
	for !w.stop.Load() {
		for range pollsPerTurn {
			t := w.queue.pop()
			if t == nil {
				break
			}
			w.counts.polls++
			w.current.Store(pollMark(w.counts.polls, t.ID()))
			w.polling = t
			outcome := t.Run(w.cx)
			w.polling = nil
			if outcome != core.Parked {
				w.polled(t, outcome)
			}
		}
		w.turn()
	}
}

// pollMark tells each poll from all others and names its task: the number of the poll, modulo
// 2^24, above the number of the task, which 40 bits hold for a million tasks a second and twelve
// days.
func pollMark(poll, id uint64) uint64 { return poll<<taskBits | id&taskMask }

const (
	taskBits = 40
	taskMask = 1<<taskBits - 1
)

// polled does what a poll came to.
func (w *worker) polled(t *task.Task, outcome core.Outcome) {
	switch outcome {
	case core.Again:
		w.queue.push(t)
	case core.Done:
		w.done(t)
	}
}

func (w *worker) done(t *task.Task) {
	w.live.Remove(t)
	w.counts.ended(t)
	if w.fatal != nil {
		w.goexit = false
		panic(w.fatal)
	}
}

// contain ends the task that has just left the loop by a panic or by Goexit. Which of them it was
// recover cannot tell for sure: a Goexit goes on after a panic that a deferred function added to it
// was recovered. A panic of the runtime itself, when no task is being polled, goes on.
func (w *worker) contain() {
	t := w.polling
	if t == nil {
		return
	}
	w.polling = nil
	w.goexit = true
	if v := recover(); v != nil {
		w.polled(t, t.Panicked(w.cx, v, debug.Stack()))
		return
	}
	w.polled(t, t.Exited(w.cx))
}

// turn does what is due besides polling, and parks if there is nothing to poll.
func (w *worker) turn() {
	w.current.Store(0)
	w.news.Store(false)
	w.receive()
	if n := w.counts.polls - w.yielded; n >= pollsPerTurn || n != 0 && w.queue.empty() {
		// The other goroutines of the process come first. A worker with tasks never blocks, and one
		// that parks blocks in a system call, which keeps its processor until Go's monitor takes it
		// away: either way they would wait for 10 ms. Among them are those whom the tasks have just
		// woken, and those of the garbage collector: while it marks, each pointer write pays for a
		// barrier.
		w.yielded = w.counts.polls
		runtime.Gosched()
	}
	w.expire()
	w.counts.publish(&w.stats)
	if w.rt.closing.Load() && w.live.Len() == 0 {
		w.rt.drained()
	}
	w.io(0)
	if w.queue.empty() {
		w.park()
	}
}

// receive takes what other goroutines have sent.
func (w *worker) receive() {
	w.inbox.TakeAll(&w.arrived)
	for t := w.arrived.Pop(); t != nil; t = w.arrived.Pop() {
		w.adopt(t)
		w.queue.push(t)
	}
}

// adopt puts a task that was spawned elsewhere among the live ones, where Shutdown finds it; one
// that comes too late for that is aborted here. Shutdown (1) writes aborting, (2) lists the live
// tasks; adopt (1) inserts, (2) reads aborting. One of them sees the other.
func (w *worker) adopt(t *task.Task) {
	if t.Owned() {
		return
	}
	w.live.Insert(t)
	w.counts.spawned++
	if w.rt.aborting.Load() {
		t.Abort()
	}
}

// expire wakes what timers are due.
func (w *worker) expire() {
	if w.wheel.Len() == 0 {
		return
	}
	now := w.Now()
	for e := w.wheel.Expire(now); e != nil; e = w.wheel.Expire(now) {
		w.WakeLater(e.Waker)
	}
}

// park sleeps until there is something to do. That no task is missed stands at task.Inbox. No
// news is missed either: who brings some (1) writes news, (2) calls inbox.Interrupt; the worker
// (1) calls inbox.Park, (2) reads news. Whichever comes first, the other sees it. What the news
// are is read after turn has cleared the flag: closing there, stop here.
func (w *worker) park() {
	if !w.inbox.Park() {
		return
	}
	if !w.news.Load() && !w.stop.Load() {
		w.parked.Store(true)
		w.counts.parks++
		w.stats.parks.Store(w.counts.parks) // it would be late by a whole sleep otherwise
		w.io(w.untilDeadline())
		w.parked.Store(false)
		w.rt.watchdog.unparked()
	}
	w.inbox.Unpark()
}

// untilDeadline returns how long the worker may sleep; less than 0 is for ever.
func (w *worker) untilDeadline() time.Duration {
	at, ok := w.wheel.Next()
	if !ok {
		return -1
	}
	return max(at-w.Now(), 0)
}

// io turns the reactor and wakes what it hands out.
func (w *worker) io(timeout time.Duration) {
	if timeout == 0 && w.reactor.Len() == 0 {
		return // nothing can be ready: save the system call
	}
	wakers, err := w.reactor.Turn(timeout, w.wakers[:0])
	if err != nil {
		panic(err) // a poller that cannot wait: no I/O would ever happen again
	}
	for i, k := range wakers {
		w.WakeLater(k)
		wakers[i] = nil
	}
	w.wakers = wakers
}

// interrupt makes the worker look at what has changed besides its tasks. Any goroutine.
func (w *worker) interrupt() {
	w.news.Store(true)
	if w.inbox.Interrupt() {
		w.notify()
	}
}

func (w *worker) notify() {
	w.stats.notifies.Add(1)
	if err := w.reactor.Notify(); err != nil && !errors.Is(err, reactor.ErrClosed) {
		panic(err) // a worker that cannot be woken would sleep for ever
	}
}

// close gives up everything that is left.
//
//  1. The inbox is closed: no task comes in any more, and who tries is told.
//  2. Every live task is killed: its future dropped, its join resolved.
//  3. What is still in the wheel goes off: deadlines of sockets that live on, whose waiters on
//     another runtime then arm them there.
//  4. The idle coroutines end.
//  5. The reactor is closed, and with it the poller's descriptors.
func (w *worker) close() {
	w.inbox.Close(&w.arrived) // 1
	for t := w.arrived.Pop(); t != nil; t = w.arrived.Pop() {
		w.adopt(t)
	}
	w.queue = localQueue{}
	for w.live.Len() != 0 { // 2
		w.kill()
		w.goexit = false
	}
	for e := w.wheel.Expire(math.MaxInt64); e != nil; e = w.wheel.Expire(math.MaxInt64) { // 3
		e.Waker.Wake()
	}
	w.pool.Close()                            // 4
	if err := w.reactor.Close(); err != nil { // 5
		w.rt.opts.Logger.Error("executor: closing the poller failed", "err", err)
	}
	w.counts.publish(&w.stats)
	close(w.exited)
}

// kill gives up the live tasks. As with loop, a panic or a Goexit on the way ends one task only: in
// a Drop, or in the waker of a joiner.
func (w *worker) kill() {
	defer w.contain()
	for _, t := range w.live.Tasks() {
		w.current.Store(pollMark(0, t.ID()))
		w.polling = t
		t.Kill(core.ErrShutdown)
		w.polling = nil
		w.done(t)
	}
}
