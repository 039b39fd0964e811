package workload

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/timer"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/tools/bench/internal/proc"
	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
)

// W6: tasks sleep, each for 1 ms or longer, all spawned at once. Each returns how late it was woken:
// no task may be early.

// A napper is a task in poll style.
type napper struct {
	timer timer.Timer
	due   time.Duration // how long to sleep, negative; then when that is over
}

func (n *napper) Poll(cx *core.Context) (int, bool) {
	if nap := -n.due; nap > 0 {
		n.timer.Reset(nap)
		n.due = cx.Now() + nap
	}
	if _, ok := n.timer.Poll(cx); !ok {
		return 0, false
	}
	return int(cx.Now() - n.due), true
}

func (n *napper) Drop() { n.timer.Drop() }

func w6Poll(c spec.Case, m *meter) error {
	return w6Runtime(c, m, func(part func(int) (_, _ []time.Duration)) runtimeDriver {
		return runtimeDriver{future: func(d int) core.Future[int] {
			naps, late := part(d)
			return &once{n: len(naps), joiner: joiner{results: late}, spawn: func(cx *core.Context, i int) handle {
				return executor.SpawnValue[int](cx, napper{due: -naps[i]})
			}}
		}}
	})
}

func w6Direct(c spec.Case, m *meter) error {
	return w6Runtime(c, m, func(part func(int) (_, _ []time.Duration)) runtimeDriver {
		return runtimeDriver{body: func(co *coro.Co, d int) (int, error) {
			naps, late := part(d)
			handles := make([]handle, len(naps))
			for i, nap := range naps {
				handles[i] = executor.Go(co, func(co *coro.Co) (int, error) {
					begin := co.Context().Now()
					err := coro.Sleep(co, nap)
					return int(co.Context().Now() - begin - nap), err
				})
			}
			for i, h := range handles {
				v, err := h.Join(co)
				if err != nil {
					return 0, err
				}
				late[i] = time.Duration(v)
			}
			return 0, nil
		}}
	})
}

// w6Runtime gives each driver its part of the naps, and of where the results go.
func w6Runtime(c spec.Case, m *meter, driver func(part func(d int) (naps, late []time.Duration)) runtimeDriver) error {
	return withRuntime(c, func(rt *executor.Runtime) error {
		return w6(c, m, func(naps, late []time.Duration) error {
			each := len(naps) / drivers(c)
			_, err := drive(rt, drivers(c), driver(func(d int) (_, _ []time.Duration) {
				return naps[d*each : (d+1)*each], late[d*each : (d+1)*each]
			}))
			return err
		})
	})
}

func w6Goroutines(c spec.Case, m *meter) error {
	return w6(c, m, func(naps, late []time.Duration) error {
		var wg sync.WaitGroup
		for i, d := range naps {
			wg.Go(func() {
				begin := time.Now()
				time.Sleep(d)
				late[i] = time.Since(begin) - d
			})
		}
		wg.Wait()
		return nil
	})
}

func w6AfterFunc(c spec.Case, m *meter) error {
	return w6(c, m, func(naps, late []time.Duration) error {
		var wg sync.WaitGroup
		for i, d := range naps {
			wg.Add(1)
			begin := time.Now()
			time.AfterFunc(d, func() {
				late[i] = time.Since(begin) - d
				wg.Done()
			})
		}
		wg.Wait()
		return nil
	})
}

// w6 measures f, which sleeps each nap and notes how late it was.
func w6(c spec.Case, m *meter, f func(naps, late []time.Duration) error) error {
	rng := rand.New(rand.NewPCG(6, 6))
	span := time.Duration(c.SpanMs) * time.Millisecond
	n := c.Live / drivers(c) * drivers(c)
	naps, late := make([]time.Duration, n), make([]time.Duration, n)
	for i := range naps {
		naps[i] = time.Millisecond + time.Duration(rng.Int64N(int64(span-time.Millisecond)))
		late[i] = -1 // until it says otherwise
	}
	before := proc.Resident()
	m.begin()
	err := f(naps, late)
	m.end(n)
	if err != nil {
		return err
	}
	slices.Sort(late)
	if late[0] < 0 {
		return fmt.Errorf("a sleeper was early, by %v, or did not sleep", -late[0])
	}
	m.sample[spec.BeyondMs] = m.sample[spec.Ns]*float64(n)/1e6 - float64(c.SpanMs)
	if cpu, ok := m.sample[spec.CPUNs]; ok {
		m.sample[spec.CPUSeconds] = cpu * float64(n) / 1e9
	}
	m.sample[spec.LateMs] = float64(late[n*99/100]) / 1e6
	if peak := proc.Peak(); before >= 0 && peak >= 0 {
		m.sample[spec.RSS] = float64(peak-before) / 1e6 // without what the naps take
	}
	return nil
}
