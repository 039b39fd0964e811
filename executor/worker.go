package executor

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime/pprof"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/reactor"
)

// pollsPerTurn is how many polls a worker does before it looks after everything else. Go and
// tokio look at their global queues as often; a prime, so that it does not beat with periods of
// the tasks.
const pollsPerTurn = 61

// A worker polls tasks on a goroutine of its own.
type worker struct {
	rt       *Runtime
	id       int
	home     task.Home // of the tasks that are bound to this worker
	commons  *commons  // nil where workers do not steal
	timed    bool      // Options.Instrument
	plain    bool      // neither timed nor stealing
	cx       *core.Context
	queue    localQueue
	timers   timers
	pool     *coro.Pool
	labels   context.Context // of its goroutine and of bodies that begin, for profiles
	rand     *rand.Rand      // its tasks'
	dice     *rand.Rand      // for searches: how many there are is a matter of luck, and no business of the tasks
	keptRand lockedRand      // of keptWorker
	reactor  *reactor.Reactor
	wakers   []reactor.Waker // those that the last turn of the reactor has made ready, until wakeReady
	arrived  task.Queue      // scratch of receive
	spawned  uint64          // tasks spawned on this worker, for their numbers
	counts   counts
	yielded  uint64 // counts.polls at the last Gosched

	asked     uint          // how often it has given way, or nearly
	idleProcs bool          // at the last look the process had idle processors
	gaveWay   time.Duration // when, if so

	sampleMask uint64        // a poll is timed if its number has none of these bits
	sampled    time.Duration // when the poll under way began, if it is timed; else 0

	ended     ended       // tasks that have ended and are still among the live ones
	fatal     *propagated // a panic that is to end the process
	goexit    bool        // a task has left the loop; if the loop does not return, it was by runtime.Goexit
	left      bool        // a task has left the loop in the middle of a turn
	searching bool        // counted as a searcher in the commons
	shut      stage       // how far close has come

	// Written by anybody, read by the worker.
	inbox  task.Inbox
	stop   atomic.Bool   // written before unpark
	guests atomic.Uint64 // tasks spawned from outside, for their numbers

	// Written by the worker, read by anybody.
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
	labels := rt.workerLabels(id)
	w := &worker{
		rt:       rt,
		id:       id,
		commons:  rt.commons,
		timed:    rt.opts.Instrument,
		plain:    rt.commons == nil && !rt.opts.Instrument,
		pool:     rt.newPool(labels),
		labels:   labels,
		rand:     rand.New(rand.NewPCG(rt.opts.Seed, uint64(id))),
		dice:     rand.New(rand.NewPCG(rt.opts.Seed, ^uint64(id))),
		keptRand: lockedRand{rand: rand.New(rand.NewPCG(rt.opts.Seed, 1<<32|uint64(id)))},
		reactor:  reactor.New(p),
		exited:   make(chan struct{}),
	}
	w.sampleMask = sampleEach - 1
	if w.timed {
		w.sampleMask = math.MaxUint64 // all tasks time themselves
	}
	w.timers.init(w)
	if w.commons != nil {
		w.queue.ring = newStealRing(stealSize)
	}
	w.home.Scheduler = w
	w.cx = core.NewContext(w)
	return w, nil
}

func (rt *Runtime) newPool(labels context.Context) *coro.Pool {
	return coro.NewPoolWith(coro.PoolOptions{
		Begin:        func() { pprof.SetGoroutineLabels(labels) },
		Idle:         rt.opts.IdleCoroutines,
		ThreadLocked: rt.opts.LockOSThread,
		CheckUses:    rt.opts.CheckUses,
	})
}

// run is the worker's goroutine. What a task does to it ends that task only: after a panic the
// loop is entered again; a Goexit cannot be stopped, so a new goroutine takes over.
//
// A worker that is locked to its thread cannot be taken over, for its coroutines can be resumed on
// that thread only, and it ends with the goroutine. There the Goexit is put off: its deferred
// function goes on as the worker. Each costs a little stack.
func (w *worker) run() {
	defer func() {
		switch {
		case !w.goexit:
		case w.rt.opts.LockOSThread:
			w.goexit = false
			w.run()
		default:
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
	var polling *task.Task // on the stack: no write barrier, twice a poll
	defer w.contain(&polling)
	if w.left { // the polls are counted from the start: without this, tasks that fail could starve all else
		w.left = false
		w.turn()
	}
	for !w.stop.Load() {
		for range pollsPerTurn {
			t := w.queue.lifo
			if t != nil {
				t = w.takeLIFO()
			} else {
				w.queue.lifoRuns = 0
				if w.commons == nil {
					t = w.queue.bound.first() // as in next, for the sake of a call less
				}
				if t == nil {
					t = w.next()
				}
			}
			if t == nil {
				break
			}
			w.counts.polls++
			w.current.Store(pollMark(w.counts.polls, t.ID()))
			polling = t
			if w.counts.polls&w.sampleMask == 0 {
				w.sampled = w.Now()
			}
			outcome := t.Run(w.cx)
			polling = nil
			if w.sampled != 0 {
				w.sample()
			}
			if outcome == core.Again && w.plain {
				if !w.queue.bound.fits(t) {
					w.queue.bound.spill(t)
				}
				if w.cx.Exhausted() {
					w.counts.budgetYields++
				}
			} else if outcome != core.Parked {
				w.polled(t, outcome)
			}
		}
		w.turn()
	}
}

// pollMark tells each poll from all others and names its task: the number of the poll, modulo
// 2^24, above the number of the task, modulo 2^40, which is far more than there are at a time.
func pollMark(poll, id uint64) uint64 { return poll<<taskBits | id&taskMask }

const (
	taskBits = 40
	taskMask = 1<<taskBits - 1
)

// polled does what a poll came to.
func (w *worker) polled(t *task.Task, outcome core.Outcome) {
	switch outcome {
	case core.Again:
		if w.cx.Exhausted() {
			w.counts.budgetYields++
		}
		w.enqueue(t)
	case core.Done:
		w.done(t)
	}
}

// done notes that t has ended. Until forget it is one of the live tasks.
func (w *worker) done(t *task.Task) {
	if w.shut != open {
		if w.rt.setOf(t.ID()).Remove(t) { // its spawner may take it back this instant
			w.counts.ended(t)
		}
	} else {
		w.counts.ended(t)
		w.ended.add(w.rt.setOf(t.ID()), t.Place())
	}
	if w.fatal != nil {
		w.goexit = false
		panic(w.fatal)
	}
}

// ended holds the places of tasks that have ended, as many as a turn may bring. They leave the set of the
// live tasks together: see task.Set.RemoveAll.
type ended struct {
	set    *task.Set // that all of them are in
	places [pollsPerTurn]uint32
	n      int
}

func (e *ended) add(set *task.Set, place uint32) {
	if e.set != set || e.n == len(e.places) {
		e.forget()
		e.set = set
	}
	e.places[e.n] = place
	e.n++
}

// forget takes the tasks that have ended out of the live ones.
func (e *ended) forget() {
	if e.n != 0 {
		e.set.RemoveAll(e.places[:e.n])
		e.n = 0
	}
}

// contain ends the task that has just left the loop by a panic or by Goexit. Which of them it was
// recover cannot tell for sure: a Goexit goes on after a panic that a deferred function added to it
// was recovered. A panic of the runtime itself, when no task is being polled, goes on.
func (w *worker) contain(polling **task.Task) {
	t := *polling
	if t == nil {
		return
	}
	w.sampled = 0
	w.goexit, w.left = true, true
	defer w.done(t) // whether or not its Drop exits the goroutine
	v := recover()
	if err := task.Recovered(v); err != nil {
		t.Panicked(w.cx, v, err.Stack)
		return
	}
	t.Exited(w.cx)
}

// enqueue puts t, which has become ready on this worker, behind the others.
func (w *worker) enqueue(t *task.Task) {
	if w.plain {
		w.queue.bound.push(t)
		return
	}
	w.place(t) // its Trace counts from its spawn, or the end of its poll
}

// place puts t at the back of the queue for its kind.
func (w *worker) place(t *task.Task) {
	if w.commons != nil && t.Home() == &w.commons.home {
		w.queue.private.push(t)
		w.show()
		return
	}
	w.queue.bound.push(t)
}

// placeWoken is place for a task that was woken.
func (w *worker) placeWoken(t *task.Task) {
	if w.commons != nil && t.Home() == &w.commons.home {
		w.queue.private.pushWoken(t)
		w.show()
		return
	}
	w.queue.bound.pushWoken(t)
}

// putLIFO puts t in front of the others. What was there goes to the back.
func (w *worker) putLIFO(t *task.Task) {
	if w.timed {
		t.Queued(w.Now())
	}
	before := w.queue.lifo
	if w.queue.lifo = t; before != nil {
		w.placeWoken(before)
	}
}

// takeLIFO empties the slot. It returns the task to poll next: what was in the slot, unless it is the
// others' turn.
func (w *worker) takeLIFO() *task.Task {
	q := &w.queue
	t := q.lifo
	q.lifo = nil
	if q.lifoRuns < maxLIFO {
		q.lifoRuns++
		if w.commons != nil && w.commons.idle.hungry() {
			w.expose(1) // the poll of t may last
		}
		return t
	}
	q.lifoRuns = 0
	w.placeWoken(t)
	return w.next()
}

// next takes the next task from behind the slot, or returns nil.
func (w *worker) next() *task.Task {
	if w.commons != nil {
		return w.nextShared()
	}
	if t := w.queue.bound.first(); t != nil {
		return t
	}
	return w.queue.bound.pop()
}
