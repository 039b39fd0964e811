//go:build unix

package executor_test

import (
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/timer"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// W6: a million tasks that sleep for 1 to 1,000 ms, all spawned at once.

const sleepers = 1_000_000

// slept is what W6 comes to.
type slept struct {
	beyond time.Duration // the whole, beyond the longest sleep
	cpu    time.Duration // of the process
	late   time.Duration // 99 of 100 sleepers were no later
	bytes  float64       // resident, at the end, beyond what there was before
}

// A napper is a task in poll style that sleeps and notes how late it is.
type napper struct {
	timer timer.Timer
	begin time.Duration
	d     time.Duration
	late  *time.Duration
}

func (n *napper) Poll(cx *core.Context) (struct{}, bool) {
	if n.begin == 0 {
		n.begin = cx.Now()
		n.timer.Reset(n.d)
	}
	if _, ok := n.timer.Poll(cx); !ok {
		return struct{}{}, false
	}
	*n.late = cx.Now() - n.begin - n.d
	return struct{}{}, true
}

func (n *napper) Drop() { n.timer.Drop() }

func w6Poll() slept {
	return w6(func(s core.Spawner, d time.Duration, late *time.Duration) joinhandle.JoinHandle[struct{}] {
		return executor.Spawn[struct{}](s, &napper{d: d, late: late})
	})
}

func w6Direct() slept {
	return w6(func(s core.Spawner, d time.Duration, late *time.Duration) joinhandle.JoinHandle[struct{}] {
		return executor.Go(s, func(co *coro.Co) (struct{}, error) {
			begin := co.Context().Now()
			err := coro.Sleep(co, d)
			*late = co.Context().Now() - begin - d
			return struct{}{}, err
		})
	})
}

func w6(spawn func(core.Spawner, time.Duration, *time.Duration) joinhandle.JoinHandle[struct{}]) slept {
	return measureSleep(func(naps, late []time.Duration) {
		at := 0
		roots(len(naps), func(n, _ int) func(cx *core.Context) bool {
			handles := make([]joinhandle.JoinHandle[struct{}], 0, n)
			first, joined := at, 0
			at += n
			return func(cx *core.Context) bool {
				for i := first + len(handles); len(handles) < n; i++ {
					handles = append(handles, spawn(cx, naps[i], &late[i]))
				}
				for ; joined < n; joined++ {
					if _, ok := handles[joined].Poll(cx); !ok {
						return false
					}
				}
				return true
			}
		})
	})
}

func w6Goroutine() slept {
	return measureSleep(func(naps, late []time.Duration) {
		var wg sync.WaitGroup
		for i, d := range naps {
			wg.Go(func() {
				begin := time.Now()
				time.Sleep(d)
				late[i] = time.Since(begin) - d
			})
		}
		wg.Wait()
	})
}

// measureSleep runs f, which sleeps each nap and notes how late it was.
func measureSleep(f func(naps, late []time.Duration)) (s slept) {
	rng := rand.New(rand.NewPCG(6, 6))
	naps, late := make([]time.Duration, sleepers), make([]time.Duration, sleepers)
	for i := range naps {
		naps[i] = time.Millisecond + time.Duration(rng.Int64N(int64(999*time.Millisecond)))
	}
	debug.FreeOSMemory()
	before, cpu, begin := resident(), cpuTime(), time.Now()
	f(naps, late)
	s.beyond = time.Since(begin) - time.Second
	s.cpu = cpuTime() - cpu
	s.bytes = float64(resident() - before)
	slices.Sort(late)
	s.late = late[len(late)*99/100]
	return s
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// sleepFigures are absolute: milliseconds, seconds and megabytes.
func sleepFigures() (fs []figure) {
	for _, w := range []struct {
		name          string
		measure       func() slept
		beyond, cpu   float64
		mbytes, lateM float64
	}{
		{"W6.poll", w6Poll, 150, 0.8, 250, 30},
		{"W6.direct", w6Direct, 4000, 4.2, 5600, 260}, // no worse than time.Sleep
	} {
		for _, m := range []struct {
			name string
			opts executor.Options
		}{{".1", one}, {".2.core", perCore}, {".2.steal", stealing}} {
			var s slept // of the first of the four
			fs = append(fs,
				figure{w.name + m.name + ".beyond.ms", w.beyond, m.opts, func() float64 {
					s = w.measure()
					return float64(s.beyond) / 1e6
				}},
				figure{w.name + m.name + ".cpu.s", w.cpu, m.opts, func() float64 { return s.cpu.Seconds() }},
				figure{w.name + m.name + ".rss.MB", w.mbytes, m.opts, func() float64 { return s.bytes / 1e6 }},
				figure{w.name + m.name + ".p99late.ms", w.lateM, m.opts, func() float64 { return float64(s.late) / 1e6 }},
			)
		}
	}
	var s slept
	return append(fs,
		figure{"W6.goroutine.beyond.ms", 4000, perCore, func() float64 { s = w6Goroutine(); return float64(s.beyond) / 1e6 }},
		figure{"W6.goroutine.cpu.s", 4.2, perCore, func() float64 { return s.cpu.Seconds() }},
		figure{"W6.goroutine.rss.MB", 5600, perCore, func() float64 { return s.bytes / 1e6 }},
		figure{"W6.goroutine.p99late.ms", 260, perCore, func() float64 { return float64(s.late) / 1e6 }},
	)
}
