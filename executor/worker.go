package executor

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"sync/atomic"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/executor/internal/runq"
	"github.com/moduvex/moduvex-go/reactor"
)

// A worker polls tasks on a goroutine of its own. Unless a field says otherwise, that goroutine alone touches it.
type worker struct {
	rt      *Runtime
	id      int
	cx      *core.Context
	home    task.Home  // of the tasks that are bound to this worker
	unbound *task.Home // of all others: shared by the workers where they steal, else &home

	ready   runq.Local // tasks that wait for this worker to poll them
	arrived task.Queue // scratch of receive

	pollsLeft int           // of the round
	next      *task.Task    // the task to poll next, if it is out of the queues already
	polling   *task.Task    // the task that is being polled
	unwoken   task.WakerSet // joiners of polling, which has ended on its coroutine; else empty

	timers  timers
	outside outside
	reactor *reactor.Reactor
	fired   []reactor.Waker // wakers that the last wait of the reactor returned, until wakeFired
	pool    *coro.Pool
	yielder yielder
	spinner spinner

	labels   context.Context // for profiles: of the worker's goroutine, and of bodies that begin
	profiler *profiler       // nil without Options.Profile
	rand     *rand.Rand      // its tasks'
	keptRand lockedRand      // of keptWorker

	plain   bool // no stealing and no timing
	timing  timing
	counts  counts
	spawned uint64 // tasks that its own tasks have spawned, for their numbers
	ended   ended
	escaped bool        // a task has left its poll by a panic or by runtime.Goexit: see contain
	fatal   *propagated // a panic that is to end the process
	shut    stage       // how far close has come

	// Written by any goroutine, read by the worker.
	spinning atomic.Bool   // it is one of the spinners: see endSpin. Beside the inbox, which its writers write
	inbox    task.Inbox    // bound tasks that became ready elsewhere
	stop     atomic.Bool   // written before unpark
	adopted  atomic.Uint64 // tasks that other code has spawned, including those that were refused, for their numbers
	accepted atomic.Uint64 // those of them that were not: a counter of Spawned must not count what may yet be refused

	// Written by the worker, read by any goroutine.
	stats   workerStats
	current atomic.Uint64 // the poll under way, for the watchdog: see pollMark; 0 outside polls
	parked  atomic.Bool
	exited  chan struct{} // closed at the end
}

func newWorker(rt *Runtime, id int) (*worker, error) {
	p, err := rt.opts.Poller()
	if err != nil {
		return nil, fmt.Errorf("executor: the poller of worker %d of %d: %w", id+1, rt.opts.Workers, err)
	}
	if p == nil {
		return nil, &OptionError{"Poller", "func", "returned neither a poller nor an error"}
	}
	labels := rt.workerLabels(id)
	w := &worker{
		rt:    rt,
		id:    id,
		plain: rt.shared == nil && !rt.opts.Instrument,

		labels:   labels,
		yielder:  yielder{rt: rt},
		spinner:  spinner{longest: rt.opts.SpinBeforePark, wanted: minShort},
		rand:     rand.New(rand.NewPCG(rt.opts.Seed, uint64(id))),
		keptRand: lockedRand{rand: rand.New(rand.NewPCG(rt.opts.Seed, 1<<32|uint64(id)))},
		reactor:  reactor.New(p),
		exited:   make(chan struct{}),
	}
	w.timing = timing{all: rt.opts.Instrument, mask: sampleEach - 1}
	if w.timing.all {
		w.timing.mask = math.MaxUint64 // no samples: all tasks time themselves
	}
	w.timing.look = w.timing.mask
	w.timers.init(w)
	w.outside.init(w)
	w.home.Scheduler = w
	w.unbound = &w.home
	if rt.shared != nil {
		w.unbound = rt.shared.Home()
	}
	w.ready.Init(&w.home, rt.shared, rt.opts.Seed)
	if rt.opts.Profile {
		w.profiler = &profiler{w: w, named: make(map[string]context.Context)}
		w.timing.look = 0
	}
	w.cx = core.NewContext(w)
	w.pool = w.newPool()
	return w, nil
}

func (w *worker) newPool() *coro.Pool {
	opts := coro.PoolOptions{
		Begin:        w.label,
		Idle:         w.rt.opts.IdleCoroutines,
		ThreadLocked: w.rt.opts.LockOSThread,
		CheckUses:    w.rt.opts.CheckUses,
	}
	if w.profiler != nil {
		opts.Begin, opts.Observer = nil, w.profiler
	}
	if !w.rt.opts.Instrument {
		opts.Relay = (*relay)(w)
		if w.rt.shared != nil {
			opts.Surplus = &w.rt.surplus
		}
	}
	return coro.NewPoolWith(opts)
}

// run is the main function of the worker's goroutine.
func (w *worker) run() {
	defer w.takeOver()
	w.loop()
	w.escaped = false
	w.close()
}

// loop runs one round after the other until the worker is to stop: the picture is in the documentation of the
// package.
func (w *worker) loop() {
	for !w.stop.Load() {
		if !w.escaped { // else a task has ended the last goroutine within the polls: this one finishes the round
			w.pollTasks()
		}
		w.escaped = false
		w.endPolls()
		served := w.ready.ServeLists()
		w.receive()
		w.yielder.maybeYield(w.counts.polls, w.ready.Empty() && !w.spins())
		if !served { // else more would come into the ring than leaves it
			w.timers.expire()
		}
		w.publish()
		w.rt.checkDrained()
		w.pollIO()
		switch {
		case !w.ready.Empty():
			w.ready.Stealer.EndSearch() // it was woken to search, and tasks came before it did
		case w.ready.Stealer.Search():
		default:
			w.park()
		}
	}
}

// takeOver goes on with run on another goroutine, if a task has ended this one by runtime.Goexit, which cannot be
// stopped.
//
// A worker that is locked to its thread cannot move to another goroutine: its coroutines can be resumed on that
// thread only, and the thread ends with the goroutine. There the deferred function that Goexit calls goes on as the
// worker. Each such Goexit costs a little stack.
func (w *worker) takeOver() {
	switch {
	case !w.escaped:
	case w.rt.opts.LockOSThread:
		w.run()
	default:
		go w.run()
	}
}
