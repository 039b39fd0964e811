package workload

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/timer"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
)

// W10: tasks sleep for ever, and are then aborted and joined. Each join must say that its task was
// cancelled.

// A sleeper counts itself when it is polled, which it is once.
type sleeper struct {
	timer  timer.Timer
	asleep *atomic.Int64
}

func (s *sleeper) Poll(cx *core.Context) (int, bool) {
	s.asleep.Add(1)
	s.timer.Reset(math.MaxInt64)
	s.timer.Poll(cx)
	return 0, false
}

func (s *sleeper) Drop() { s.timer.Drop() }

func w10Poll(c spec.Case, m *meter) error {
	return w10Runtime(c, m,
		func(cx *core.Context, asleep *atomic.Int64) handle {
			return executor.SpawnValue[int](cx, sleeper{asleep: asleep})
		},
		func(handles []handle, each int) runtimeDriver {
			return runtimeDriver{future: func(d int) core.Future[int] {
				return &aborter{handles: handles[d*each : (d+1)*each]}
			}}
		})
}

// An aborter is a driver that aborts, joins and returns how many were cancelled.
type aborter struct {
	handles   []handle
	at        int
	aborted   bool
	cancelled int
}

func (a *aborter) Poll(cx *core.Context) (int, bool) {
	if !a.aborted {
		a.aborted = true
		for _, h := range a.handles {
			h.AbortOn(cx)
		}
	}
	for ; a.at < len(a.handles); a.at++ {
		r, ok := a.handles[a.at].Poll(cx)
		if !ok {
			return 0, false
		}
		if errors.Is(r.Err, core.ErrCancelled) {
			a.cancelled++
		}
	}
	return a.cancelled, true
}

func w10Direct(c spec.Case, m *meter) error {
	return w10Runtime(c, m,
		func(cx *core.Context, asleep *atomic.Int64) handle {
			return executor.Go(cx, func(co *coro.Co) (int, error) {
				asleep.Add(1)
				return 0, coro.Sleep(co, math.MaxInt64)
			})
		},
		func(handles []handle, each int) runtimeDriver {
			return runtimeDriver{body: func(co *coro.Co, d int) (cancelled int, err error) {
				mine := handles[d*each : (d+1)*each]
				for _, h := range mine {
					h.AbortOn(co.Context())
				}
				for _, h := range mine {
					if _, err := h.Join(co); errors.Is(err, core.ErrCancelled) {
						cancelled++
					}
				}
				return cancelled, nil
			}}
		})
}

func w10Runtime(c spec.Case, m *meter, spawn func(cx *core.Context, asleep *atomic.Int64) handle,
	abort func(handles []handle, each int) runtimeDriver) error {
	return withRuntime(c, func(rt *executor.Runtime) error {
		each := c.Live / drivers(c)
		n := each * drivers(c)
		handles := make([]handle, n)
		asleep := make([]atomic.Int64, drivers(c)) // each driver waits for its own
		_, err := drive(rt, drivers(c), runtimeDriver{future: func(d int) core.Future[int] {
			return &settler{done: func() bool { return asleep[d].Load() == int64(each) }, start: func(cx *core.Context) {
				for i := d * each; i < (d+1)*each; i++ {
					handles[i] = spawn(cx, &asleep[d])
				}
			}}
		}})
		if err != nil {
			return err
		}
		m.begin()
		cancelled, err := drive(rt, drivers(c), abort(handles, each))
		m.end(n)
		if err != nil {
			return err
		}
		return want("tasks that were cancelled", cancelled, n)
	})
}

// w10Goroutines sleep on a timer, until their context is cancelled, as ours do.
func w10Goroutines(c spec.Case, m *meter) error {
	return w10Contexts(c, m, func(ctx context.Context) error {
		t := time.NewTimer(math.MaxInt64)
		defer t.Stop()
		select {
		case <-t.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

// w10CtxOnly do not sleep: all they can do is to be cancelled.
func w10CtxOnly(c spec.Case, m *meter) error {
	return w10Contexts(c, m, func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	})
}

func w10Contexts(c spec.Case, m *meter, sleep func(ctx context.Context) error) error {
	each := c.Live / drivers(c)
	n := each * drivers(c)
	errs := make([]error, n)
	ctxs := make([]context.Context, drivers(c))
	cancels := make([]func(), drivers(c))
	joins := make([]sync.WaitGroup, drivers(c))
	var started sync.WaitGroup
	started.Add(n)
	for d := range ctxs {
		ctxs[d], cancels[d] = context.WithCancel(context.Background())
		for i := d * each; i < (d+1)*each; i++ {
			joins[d].Go(func() {
				started.Done()
				errs[i] = sleep(ctxs[d])
			})
		}
	}
	started.Wait()
	m.begin()
	cancelled := goDrivers(drivers(c), func(d int) (cancelled int) {
		cancels[d]()
		joins[d].Wait()
		for _, err := range errs[d*each : (d+1)*each] {
			if errors.Is(err, context.Canceled) {
				cancelled++
			}
		}
		return cancelled
	})
	m.end(n)
	if cancelled != n {
		return fmt.Errorf("%d of %d goroutines were cancelled", cancelled, n)
	}
	return nil
}
