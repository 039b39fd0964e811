package executor

import (
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/executor/internal/runq"
	"github.com/moduvex/moduvex-go/reactor"
)

// Options configure a runtime. The zero value is the default: a worker per processor, tasks that stay on their worker.
type Options struct {
	// Workers is the number of workers; 0 means GOMAXPROCS. WorkStealing allows 56 workers, and there 0 means
	// min(GOMAXPROCS, 56).
	Workers int

	// Scheduling says whether tasks stay on the worker that they were spawned on.
	Scheduling Scheduling

	// LockOSThread gives each worker an OS thread of its own, for thread-local state of C libraries, or for Affinity.
	// Waking such a worker takes three times as long. It excludes WorkStealing, because a coroutine cannot leave the
	// thread that it was made on.
	LockOSThread bool
	// Affinity, if not nil, returns the numbers of the processors that worker i may run on; an empty list
	// leaves the choice to the system. Linux only, and only with LockOSThread.
	Affinity func(worker int) []int

	// Name names the goroutines of the runtime in profiles and reports: the workers are "name/0", "name/1" and so on
	// under the pprof label "worker", and the goroutines of the blocking pool "name/blocking". "" means "moduvex".
	// Each body and each function on the pool begins with that label and no other, but for Profile; labels that it adds end
	// with it. (Without Profile, those that a body has not taken back stay with its goroutine while that is idle.) Bytes
	// that are not UTF-8 become an underscore there.
	// A future in poll style adds labels for the time of its Poll at most, as pprof.Do does.
	Name string

	// Instrument makes every task account for its time and remember where it was spawned, for
	// [Runtime.Tasks] and the latencies of [Runtime.Metrics]. It costs a few readings of the
	// clock for each poll, and an allocation and a walk of the stack for each spawn; and bodies do not hand their worker
	// on to each other, so Counters.HandedOn stays 0 and an await costs two switches of stacks.
	Instrument bool

	// Profile puts the names of tasks into profiles and traces: that of [Named], or else the function of the body or the type of
	// the future. Each poll, and each function on the blocking pool, has it as the pprof label "task" beside "worker". Where
	// tasks move, both are set anew at another worker, and labels that a body has added itself end there, but for those of
	// [WithLabels]. While runtime/trace runs, each poll in poll style and each function on the pool is a region of that name;
	// so is each body, from its begin to its end, and each of its polls is logged in the category "task". As in
	// trace.WithRegion, a region that a poll, a function or a body begins has to end in it, also if it fails: a trace in which
	// one does not cannot be read. The option costs an allocation for each spawn, and some tens of nanoseconds for each
	// poll in poll style.
	Profile bool

	// Poller makes the poller of each worker, to provide or pin a backend. Nil means the
	// operating system's own.
	Poller func() (reactor.Poller, error)

	// BlockingThreads bounds the goroutines of the blocking pool; 0 means 512, which is
	// tokio's bound. Further functions queue.
	BlockingThreads int
	// BlockingKeepAlive is how long an idle goroutine of the blocking pool waits for another
	// function; 0 means 10 s.
	BlockingKeepAlive time.Duration

	// IdleCoroutines bounds the idle coroutines that each worker keeps for direct-style tasks;
	// 0 means 256, and less than 0 none. Under WorkStealing an idle coroutine beyond these cannot end as long as its place
	// is taken: by one that is kept, by a worker, or by a suspended body. So there may be one more for each of those.
	IdleCoroutines int

	// SpinBeforePark bounds how long a worker that has run out of tasks looks for more before it parks, so that a
	// goroutine that sends it one makes no system call; 0 means 50 us, and less than 0 not at all. A worker spins only
	// if its last sleeps were short and such spins have paid, for at most 5 us if it has I/O, at most half of the workers
	// at a time, rounded down, and not while goroutines wait for a processor. So one worker alone never spins, nor do
	// workers of a process with GOMAXPROCS=1, or in Go 1.25, which does not report what waits. Timers that another worker
	// sets may be late by as much; more than 1 ms is an error. Counters.Spins and SpinHits tell how often it pays.
	SpinBeforePark time.Duration

	// CheckUses makes every use of a *coro.Co by another goroutine or task than its own panic. Without it such a use
	// is detected while the body is suspended, and in a sample of the other uses. A check costs microseconds, so the
	// option is for tests and for debugging.
	CheckUses bool

	// LongPollThreshold is how long one poll may take before it is reported; 0 means 100 ms, and less
	// than 0 no reports.
	LongPollThreshold time.Duration
	// OnLongPoll is called with each long poll, on the watchdog's goroutine, while the poll lasts. It must not call
	// Shutdown or Close, which wait for it. Nil logs a warning with the task, its place in the program and the stack.
	OnLongPoll func(LongPoll)

	// Panics says whether the panic of a task ends the task only, or the process.
	Panics PanicPolicy
	// OnPanic is called with each panic of a task, on its worker, just before the join reports it, and with panics
	// that are contained and that no join reports: of code that the end of a task calls
	// ([joinhandle.JoinHandle.OnEnd]), and, on another goroutine, of a function on the blocking pool whose task does
	// not take its result. It must not block, panic or exit the goroutine. Nil writes to Logger, at level Error, with
	// task, place, value and stack, unless a join waits for the task.
	OnPanic func(TaskInfo, *task.PanicError)

	// CleanupGrace is how long shielded clean-up may go on after Shutdown has aborted the tasks;
	// 0 means 5 s, and less than 0 none. Close allows none.
	CleanupGrace time.Duration

	// Seed starts the random sources of the workers; 0 means a random seed. The numbers that the
	// tasks of a worker draw are the same for the same seed, as long as the tasks draw in the same order.
	Seed uint64

	// Logger gets the long polls and the panics for which there is no OnLongPoll or OnPanic. Nil means slog.Default.
	Logger *slog.Logger
}

// Scheduling says where tasks run.
type Scheduling int

const (
	// ThreadPerCore keeps a task, and its I/O, on the worker that it was spawned on. Nothing is
	// shared between workers, and state of a worker (WorkerLocal) needs no lock.
	ThreadPerCore Scheduling = iota
	// WorkStealing lets a worker that has run out of tasks take half of another's. Different workers may
	// then poll a task one after the other, so memory that it shares with other tasks needs locks.
	// Its sockets and timers go on working.
	WorkStealing
)

// String returns the name.
func (s Scheduling) String() string {
	switch s {
	case ThreadPerCore:
		return "ThreadPerCore"
	case WorkStealing:
		return "WorkStealing"
	}
	return fmt.Sprintf("Scheduling(%d)", int(s))
}

// A PanicPolicy says what the panic of a task does.
type PanicPolicy int

const (
	// Contain ends the task only: its join reports the value and the stack.
	Contain PanicPolicy = iota
	// Propagate ends the task, and then the process, as a panic on a goroutine does.
	Propagate
)

// String returns the name.
func (p PanicPolicy) String() string {
	switch p {
	case Contain:
		return "Contain"
	case Propagate:
		return "Propagate"
	}
	return fmt.Sprintf("PanicPolicy(%d)", int(p))
}

const (
	defaultBlockingThreads   = 512
	defaultBlockingKeepAlive = 10 * time.Second
	defaultLongPollThreshold = 100 * time.Millisecond
	defaultCleanupGrace      = 5 * time.Second
)

// withDefaults returns o with its zero values filled in, or an OptionError.
func (o Options) withDefaults() (Options, error) {
	switch {
	case o.Workers < 0:
		return o, &OptionError{"Workers", o.Workers, "is negative"}
	case o.Scheduling != ThreadPerCore && o.Scheduling != WorkStealing:
		return o, &OptionError{"Scheduling", int(o.Scheduling), "is neither ThreadPerCore nor WorkStealing"}
	case o.Scheduling == WorkStealing && o.Workers > runq.MaxStealing:
		return o, &OptionError{"Workers", o.Workers, fmt.Sprintf("more than %d cannot steal from each other", runq.MaxStealing)}
	case o.Scheduling == WorkStealing && o.LockOSThread:
		return o, &OptionError{"LockOSThread", o.LockOSThread, "a stolen task cannot be on the thread of its first worker"}
	case o.Affinity != nil && !o.LockOSThread:
		return o, &OptionError{"Affinity", "func", "needs LockOSThread: a worker without a thread of its own has none to bind"}
	case o.Affinity != nil && !canBind:
		return o, &OptionError{"Affinity", "func", "is not to be had on " + runtime.GOOS}
	case o.SpinBeforePark > maxSpin:
		return o, &OptionError{"SpinBeforePark", o.SpinBeforePark, fmt.Sprintf("is more than %v: what a worker does not look at is late by as much", maxSpin)}
	case o.BlockingThreads < 0:
		return o, &OptionError{"BlockingThreads", o.BlockingThreads, "is negative"}
	case o.BlockingKeepAlive < 0:
		return o, &OptionError{"BlockingKeepAlive", o.BlockingKeepAlive, "is negative"}
	case o.Panics != Contain && o.Panics != Propagate:
		return o, &OptionError{"Panics", int(o.Panics), "is neither Contain nor Propagate"}
	case o.Poller == nil && systemPoller == nil:
		return o, &OptionError{"Poller", nil, "there is no poller for " + runtime.GOOS + ", so one has to be given"}
	}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
		if o.Scheduling == WorkStealing {
			o.Workers = min(o.Workers, runq.MaxStealing)
		}
	}
	setDefault(&o.Name, "moduvex")
	if o.Poller == nil {
		o.Poller = systemPoller
	}
	setDefault(&o.BlockingThreads, defaultBlockingThreads)
	setDefault(&o.BlockingKeepAlive, defaultBlockingKeepAlive)
	setDefault(&o.LongPollThreshold, defaultLongPollThreshold)
	setDefault(&o.SpinBeforePark, spinFor)
	setDefault(&o.CleanupGrace, defaultCleanupGrace)
	o.CleanupGrace = max(o.CleanupGrace, 0)
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return o, nil
}

func setDefault[T comparable](v *T, to T) {
	var zero T
	if *v == zero {
		*v = to
	}
}
