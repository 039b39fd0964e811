package executor

import (
	"log/slog"
	"runtime"
	"time"

	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/reactor"
)

// Options say how a runtime is made. The zero value is a good one.
type Options struct {
	// Workers is the number of workers; 0 stands for 1. More are refused for now.
	Workers int

	// Poller makes the poller of each worker, to bring or pin a backend. Nil stands for the
	// operating system's own.
	Poller func() (reactor.Poller, error)

	// BlockingThreads bounds the goroutines of the blocking pool; 0 stands for 512, which is
	// tokio's bound. Further functions queue.
	BlockingThreads int
	// BlockingKeepAlive is how long an idle goroutine of the blocking pool waits for another
	// function; 0 stands for 10 s.
	BlockingKeepAlive time.Duration

	// IdleCoroutines bounds the idle coroutines that each worker keeps for direct-style tasks;
	// 0 stands for 256, less than 0 for none.
	IdleCoroutines int

	// LongPoll is how long one poll may take before it is reported; 0 stands for 100 ms, less than
	// 0 for no reports.
	LongPoll time.Duration
	// OnLongPoll is told of a long poll, on the watchdog's goroutine, while the poll is still going
	// on. It must not call Shutdown or Close, which wait for it. Nil logs a warning.
	OnLongPoll func(LongPoll)

	// Panics says what the panic of a task does beyond the task.
	Panics PanicPolicy
	// OnPanic is told of each panic of a task, on its worker, once the task has ended. It must not
	// block. Nil does nothing: the join reports the panic.
	OnPanic func(TaskInfo, *task.PanicError)

	// CleanupGrace is how long shielded clean-up may go on after Shutdown has aborted the tasks;
	// 0 stands for 5 s, less than 0 for none. Close gives none.
	CleanupGrace time.Duration

	// Seed starts the random source of the workers; 0 stands for a seed of its own each time.
	Seed uint64

	// Logger takes the warnings. Nil stands for slog.Default.
	Logger *slog.Logger
}

// A PanicPolicy says what the panic of a task does.
type PanicPolicy int

const (
	// Contain ends the task only: its join reports the value and the stack.
	Contain PanicPolicy = iota
	// Propagate ends the task, and then the process, as a panic on a goroutine does.
	Propagate
)

// TaskInfo names a task.
type TaskInfo struct {
	ID   uint64
	Name string // as given to Named, or ""
}

const (
	defaultBlockingThreads   = 512
	defaultBlockingKeepAlive = 10 * time.Second
	defaultLongPoll          = 100 * time.Millisecond
	defaultCleanupGrace      = 5 * time.Second
)

// withDefaults returns o with its zero values filled in, or what is wrong with it.
func (o Options) withDefaults() (Options, error) {
	switch {
	case o.Workers < 0:
		return o, &OptionError{"Workers", o.Workers, "is negative"}
	case o.Workers > 1:
		return o, &OptionError{"Workers", o.Workers, "more than one is not supported yet"}
	case o.BlockingThreads < 0:
		return o, &OptionError{"BlockingThreads", o.BlockingThreads, "is negative"}
	case o.BlockingKeepAlive < 0:
		return o, &OptionError{"BlockingKeepAlive", o.BlockingKeepAlive, "is negative"}
	case o.Panics != Contain && o.Panics != Propagate:
		return o, &OptionError{"Panics", int(o.Panics), "is neither Contain nor Propagate"}
	case o.Poller == nil && systemPoller == nil:
		return o, &OptionError{"Poller", nil, "there is no poller for " + runtime.GOOS + ", so one has to be given"}
	}
	o.Workers = max(o.Workers, 1)
	if o.Poller == nil {
		o.Poller = systemPoller
	}
	setDefault(&o.BlockingThreads, defaultBlockingThreads)
	setDefault(&o.BlockingKeepAlive, defaultBlockingKeepAlive)
	setDefault(&o.LongPoll, defaultLongPoll)
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
