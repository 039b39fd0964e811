package workload

import (
	"sync"

	"github.com/alitto/pond/v2"
	"github.com/panjf2000/ants/v2"
	"github.com/sourcegraph/conc"
	"github.com/sourcegraph/conc/pool"

	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
)

// The pools do W1 and W4. Each is used as its documentation shows; where there is a choice, with what
// is quickest: ants with as many goroutines as tasks at a time, for a task that waits for one costs
// more, and pond with a few, which its queue feeds.

// Quiet ends the goroutines that ants has started unasked: they would wake each measurement twice a
// second.
func Quiet() { ants.Release() }

// pondWorkers is how many goroutines pond gets for each processor.
const pondWorkers = 4

func w1Ants(c spec.Case, m *meter) error {
	p, err := ants.NewPool(c.Live)
	if err != nil {
		return err
	}
	defer p.Release()
	return w1(c, m, func(batches int) (sum int, err error) {
		results := make([]int, c.Live)
		var wg sync.WaitGroup
		for range batches {
			for i := range results {
				wg.Add(1)
				if err := p.Submit(func() { results[i] = i; wg.Done() }); err != nil {
					return 0, err
				}
			}
			wg.Wait()
			for _, r := range results {
				sum += r
			}
		}
		return sum, nil
	})
}

func w1Conc(c spec.Case, m *meter) error {
	return w1(c, m, func(batches int) (sum int, err error) {
		for range batches {
			p := pool.NewWithResults[int]()
			for i := range c.Live {
				p.Go(func() int { return i })
			}
			for _, r := range p.Wait() {
				sum += r
			}
		}
		return sum, nil
	})
}

func w1Pond(c spec.Case, m *meter) error {
	p := pond.NewResultPool[int](pondWorkers * c.Workers)
	defer p.StopAndWait()
	return w1(c, m, func(batches int) (sum int, err error) {
		for range batches {
			g := p.NewGroup()
			for i := range c.Live {
				g.Submit(func() int { return i })
			}
			results, err := g.Wait()
			if err != nil {
				return 0, err
			}
			for _, r := range results {
				sum += r
			}
		}
		return sum, nil
	})
}

func w4Ants(c spec.Case, m *meter) error {
	p, err := ants.NewPool(-1)
	if err != nil {
		return err
	}
	defer p.Release()
	return w4(c, m, func(next func() bool) error {
		done := make(chan error, 1)
		var link func()
		link = func() {
			if !next() {
				done <- nil
			} else if err := p.Submit(link); err != nil {
				done <- err
			}
		}
		if err := p.Submit(link); err != nil {
			return err
		}
		return <-done
	})
}

func w4Conc(c spec.Case, m *meter) error {
	return w4(c, m, func(next func() bool) error {
		var wg conc.WaitGroup
		var link func()
		link = func() {
			if next() {
				wg.Go(link)
			}
		}
		wg.Go(link)
		wg.Wait()
		return nil
	})
}

func w4Pond(c spec.Case, m *meter) error {
	p := pond.NewPool(pondWorkers * c.Workers)
	defer p.StopAndWait()
	return w4(c, m, func(next func() bool) error {
		done := make(chan error, 1)
		var link func()
		link = func() {
			if !next() {
				done <- nil
			} else if err := p.Go(link); err != nil {
				done <- err
			}
		}
		if err := p.Go(link); err != nil {
			return err
		}
		return <-done
	})
}
