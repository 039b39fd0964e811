package executor_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/executor"
)

// `make figures` prints a line for each figure that the project wants to reach: its name, what was
// measured, the bound, and ok or miss. A ratio is to the goroutine twin; the two run in turns, and
// the median of the rounds' ratios is shown.
//
// Names: the workload, the style, the number of workers, and with two of them the mode: core where tasks
// stay, one root task a worker; steal where they are stolen, one root in all.

var (
	figuresOnly   = flag.String("figures.run", "", "with -figures: only those whose name matches")
	figuresRounds = flag.Int("figures.rounds", 9, "with -figures: rounds of each ratio")
)

// A figure is one line.
type figure struct {
	name    string
	bound   float64
	opts    executor.Options
	measure func() float64
}

func figures() []figure {
	fs := []figure{
		{"W1.poll.1", 0.22, one, ratio(1_000_000, w1Poll, w1Goroutine)},
		{"W1.direct.1", 0.6, one, ratio(500_000, w1Direct, w1Goroutine)},
		{"W2.poll.1", 0.25, one, ratio(5_000_000, w2Poll, w2Goroutine)},
		{"W2.direct.1", 0.8, one, ratio(2_000_000, w2Direct, w2Goroutine)},
		{"W3.poll.1", 0.3, one, ratio(1_000_000, w3Poll, w3Goroutine)},
		{"W3.direct.1", 0.75, one, ratio(500_000, w3Direct, w3Goroutine)},
		{"W4.poll.1", 0.5, one, ratio(1_000_000, w4Poll, w4Goroutine)},
		{"W4.direct.1", 1.0, one, ratio(1_000_000, w4Direct, w4Goroutine)},
		{"W5.poll.1", 0.8, one, ratio(1_000_000, w5Poll, w5Goroutine)},
		{"W5.direct.1", 1.0, one, ratio(1_000_000, w5Direct, w5Goroutine)},
		{"W7.poll.1.bytes", 170, one, bytesPerTask(1_000_000, w7Poll)},
		{"W7.poll.1.wake", 0.22, one, wakeRatio(1_000_000, w7Poll, w7Goroutine)},
		{"W7.direct.1.bytes", 1.0, one, bytesRatio(100_000, w7Direct, w7Goroutine)},
		{"W9.poll.1", 1.2, one, ratio(1_000_000, w9Poll, w9Goroutine)},
		{"W10.poll.1", 0.14, one, wakeRatio(100_000, w10Poll, w10Goroutine)},
		{"W10.direct.1", 0.4, one, wakeRatio(100_000, w10Direct, w10Goroutine)},
		{"pingpong.poll.1", 0.5, one, ratio(1_000_000, pingPong, pingPongGoroutine)},
		{"warm.direct.1", 0.8, one, ratio(500_000, warmDirect, warmGoroutine)},
		{"warm.nested.1", 0.8, one, ratio(500_000, warmNested, warmGoroutine)},
		{"spawn.poll.allocs", 1, one, spawnAllocs},
		{"resume.direct.allocs", 0, one, resumeAllocs},
	}
	for _, m := range []struct {
		name string
		opts executor.Options
	}{{"core", perCore}, {"steal", stealing}} {
		fs = append(fs, []figure{
			{"W1.poll.2." + m.name, 0.62, m.opts, ratio(1_000_000, w1Poll, w1Goroutine)},
			{"W1.direct.2." + m.name, 1.0, m.opts, ratio(500_000, w1Direct, w1Goroutine)},
			{"W2.poll.2." + m.name, 0.1, m.opts, ratio(5_000_000, w2Poll, w2Goroutine)},
			{"W2.direct.2." + m.name, 1.0, m.opts, ratio(2_000_000, w2Direct, w2Goroutine)},
			{"W3.poll.2." + m.name, 0.55, m.opts, ratio(500_000, w3Poll, w3Goroutine)},
			{"W3.direct.2." + m.name, 1.0, m.opts, ratio(500_000, w3Direct, w3Goroutine)},
			{"W4.poll.2." + m.name, 0.78, m.opts, ratio(1_000_000, w4Poll, w4Goroutine)},
			{"W4.direct.2." + m.name, 1.0, m.opts, ratio(1_000_000, w4Direct, w4Goroutine)},
			{"W5.poll.2." + m.name, 1.0, m.opts, ratio(1_000_000, w5Poll, w5Goroutine)},
			{"W5.direct.2." + m.name, 1.0, m.opts, ratio(1_000_000, w5Direct, w5Goroutine)},
			{"W7.poll.2." + m.name + ".bytes", 170, m.opts, bytesPerTask(1_000_000, w7Poll)},
			{"W7.poll.2." + m.name + ".wake", 0.23, m.opts, wakeRatio(1_000_000, w7Poll, w7Goroutine)},
			{"W9.poll.2." + m.name, 1.0, m.opts, ratio(1_000_000, w9Poll, w9Goroutine)},
			{"W10.poll.2." + m.name, 0.39, m.opts, wakeRatio(100_000, w10Poll, w10Goroutine)},
			{"W10.direct.2." + m.name, 1.0, m.opts, wakeRatio(100_000, w10Direct, w10Goroutine)},
			{"pingpong.poll.2." + m.name, 1.0, m.opts, ratio(1_000_000, pingPong, pingPongGoroutine)},
		}...)
	}
	fs = append(fs, figure{"W1.poll.scaling", 1 / 1.8, perCore, scaling(1_000_000, w1Poll)})
	return append(fs, sleepFigures()...)
}

// The modes that figures are measured in. GOMAXPROCS is the number of workers, for the twin too.
var (
	one      = executor.Options{Workers: 1}
	perCore  = executor.Options{Workers: 2}
	stealing = executor.Options{Workers: 2, Scheduling: executor.WorkStealing}
)

// scaling measures the time of n operations on two workers beside that on one. A half is perfect.
func scaling(n int, w func(n int)) func() float64 {
	return func() float64 {
		var ratios []float64
		for range *figuresRounds {
			in(perCore, func() {
				two := timeOf(func() { w(n) })
				in(one, func() { ratios = append(ratios, float64(two)/float64(timeOf(func() { w(n) }))) })
			})
		}
		return median(ratios)
	}
}

// in runs f in a mode.
func in(opts executor.Options, f func()) {
	before := workloadOptions
	workloadOptions = opts
	defer func() { workloadOptions = before }()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(opts.Workers))
	f()
}

// printFigures returns the process's exit code: a miss is shown, not failed, for timings are
// nobody's contract.
func printFigures() int {
	only, err := regexp.Compile(*figuresOnly)
	if err != nil {
		fmt.Fprintln(os.Stderr, "figures:", err)
		return 2
	}
	for _, f := range figures() {
		if !only.MatchString(f.name) {
			continue
		}
		var v float64
		in(f.opts, func() { v = f.measure() })
		verdict := "ok"
		if v > f.bound {
			verdict = "miss"
		}
		fmt.Printf("%-22s %8.4g <= %-6.4g %s\n", f.name, v, f.bound, verdict)
	}
	return 0
}

// ratio measures n operations of ours beside n of the twin.
func ratio(n int, ours, twin func(n int)) func() float64 {
	return func() float64 {
		ours(n / 10)
		twin(n / 10)
		var ratios []float64
		for range *figuresRounds {
			o, t := timeOf(func() { ours(n) }), timeOf(func() { twin(n) })
			ratios = append(ratios, float64(o)/float64(t))
		}
		return median(ratios)
	}
}

func timeOf(f func()) time.Duration {
	runtime.GC() // so that neither pays for the other's garbage
	start := time.Now()
	f()
	return time.Since(start)
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}

// bytesPerTask measures what n parked tasks add to the resident memory.
func bytesPerTask(n int, w func(int, func())) func() float64 {
	return func() float64 { return residentPer(n, w) }
}

func bytesRatio(n int, ours, twin func(int, func())) func() float64 {
	return func() float64 {
		t := residentPer(n, twin)
		return residentPer(n, ours) / t
	}
}

func residentPer(n int, w func(int, func())) (per float64) {
	debug.FreeOSMemory()
	before := resident()
	w(n, func() {
		debug.FreeOSMemory()
		per = float64(resident()-before) / float64(n)
	})
	return per
}

// wakeRatio measures waking and joining n parked tasks.
func wakeRatio(n int, ours, twin func(int, func())) func() float64 {
	wake := func(w func(int, func())) float64 {
		var start time.Time
		w(n, func() {
			runtime.GC()
			start = time.Now()
		})
		return float64(time.Since(start))
	}
	return func() float64 {
		var ratios []float64
		for range min(*figuresRounds, 3) {
			o := wake(ours)
			debug.FreeOSMemory()
			ratios = append(ratios, o/wake(twin))
			debug.FreeOSMemory()
		}
		return median(ratios)
	}
}

// resident is the resident set of the process, or, where the system has no /proc, the memory that
// Go has in use.
func resident() int {
	if b, err := os.ReadFile("/proc/self/statm"); err == nil {
		if pages, err := strconv.Atoi(strings.Fields(string(b))[1]); err == nil {
			return pages * os.Getpagesize()
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapInuse + m.StackInuse)
}

func spawnAllocs() float64 {
	futures := make([]result, batch)
	return testing.AllocsPerRun(batch, func() {
		task.New[int](&futures[0])
	})
}

func resumeAllocs() (allocs float64) {
	withRuntime(func(rt *executor.Runtime) {
		h := executor.Go(rt, func(co *coro.Co) (int, error) {
			allocs = testing.AllocsPerRun(1000, func() { co.Yield() })
			return 0, nil
		})
		<-h.Done()
	})
	return allocs
}
