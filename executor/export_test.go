package executor

import (
	"io"
	"runtime"
	"strings"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/reactor"
)

const (
	SampleEach = sampleEach
	DueAtOnce  = dueAtOnce
	ServesFor  = servesFor
)

// BucketOf returns the bucket of a Histogram that d is counted in.
func BucketOf(d time.Duration) int { return bucketOf(d) }

// Parked reports whether all workers of rt sleep, or have announced that they are about to.
func Parked(rt *Runtime) bool {
	for _, w := range rt.workers {
		if !w.parked.Load() {
			return false
		}
	}
	return true
}

// MaxGoroutines is up to how many goroutines stacks are looked for.
const MaxGoroutines = maxGoroutines

// Closing reports whether rt has been told to end.
func Closing(rt *Runtime) bool { return rt.phaseNow() != running }

// Stopping reports whether worker i has been told to stop.
func Stopping(rt *Runtime, i int) bool { return rt.workers[i].stop.Load() }

// Polling reports whether worker i says that it polls.
func Polling(rt *Runtime, i int) bool { return rt.workers[i].current.Load() != 0 }

// DrainHooks counts those that wait for the drain of rt.
func DrainHooks(rt *Runtime) int { return rt.drains.Len() }

// ArmedTimers and IdleCoroutines look into the worker that polls. Only its tasks may ask.
func ArmedTimers(h core.Host) int    { return workerAs(h).timers.len() }
func IdleCoroutines(h core.Host) int { return workerAs(h).pool.Idle() }

// PoolThreads counts the goroutines of the blocking pool, idle ones included.
func PoolThreads(rt *Runtime) int {
	rt.blocking.mu.Lock()
	defer rt.blocking.mu.Unlock()
	return rt.blocking.threads
}

// PoolIdle counts those that wait for a function.
func PoolIdle(rt *Runtime) int {
	rt.blocking.mu.Lock()
	defer rt.blocking.mu.Unlock()
	return len(rt.blocking.idle)
}

// WatchdogAsleep reports whether the watchdog waits for a worker to wake up.
func WatchdogAsleep(rt *Runtime) bool { return rt.watchdog.asleep.Load() }

// CanBind says that the system binds threads to processors.
const CanBind = canBind

// Asleep counts the workers that sleep by the idle word.
func Asleep(rt *Runtime) int { return rt.shared.Sleepers() }

// PlayHandover makes the pool and the body do their steps with what was made.
func PlayHandover(made io.Closer, steps string) {
	var h handover[io.Closer]
	for _, step := range strings.Fields(steps) {
		switch step {
		case "offer":
			h.offer(made)
		case "accept":
			h.accept()
		case "leave":
			h.leave()
		}
	}
}

// CanSpin reports whether this version of Go and GOMAXPROCS let the workers of rt spin.
func CanSpin(rt *Runtime) bool { return rt.spinners.limit != 0 && runtime.GOMAXPROCS(0) > 1 }

// Spinning counts the workers that spin at this moment.
func Spinning(rt *Runtime) int { return int(rt.spinners.n.Load()) }

// SpinNext makes the worker that polls spin before its next sleep, whatever its last ones were like. Only its tasks may
// ask.
func SpinNext(h core.Host) {
	w := workerAs(h)
	w.spinner.short = w.spinner.wanted
}

// LongestSpin returns how long the worker that polls would spin now. Only its tasks may ask.
func LongestSpin(h core.Host) time.Duration {
	w := workerAs(h)
	w.spinner.dry = w.Now()
	return w.longestSpin()
}

// SpinFor and SpinForIO bound the spins of a worker.
const (
	SpinFor   = spinFor
	SpinForIO = spinForIO
)

// A Spinner is that of a worker without the worker.
type Spinner struct{ s spinner }

func NewSpinner() *Spinner { return &Spinner{spinner{longest: spinFor, wanted: minShort}} }

// Slept notes a sleep, and Spun a spin. Either reports whether the worker spins the next time.
func (s *Spinner) Slept(byTask bool, took time.Duration) bool {
	s.s.slept(byTask, took)
	return s.spins()
}

func (s *Spinner) Spun(found bool, took time.Duration) bool {
	s.s.account(found, took)
	return s.spins()
}

func (s *Spinner) spins() bool { return s.s.short >= s.s.wanted }

// Spinners count the spinning workers of a runtime.
type Spinners struct{ s spinners }

// NewSpinners returns those of a runtime in which limit workers may spin at a time.
func NewSpinners(limit int32) *Spinners { return &Spinners{spinners{limit: limit}} }

func (s *Spinners) Enter() bool { return s.s.enter() }

// SystemPoller makes the poller that a runtime has by default.
func SystemPoller() (reactor.Poller, error) { return systemPoller() }

// LiveRuntimes counts the runtimes that MayBeInside asks.
func LiveRuntimes() int {
	if all := live.all.Load(); all != nil {
		return len(*all)
	}
	return 0
}
