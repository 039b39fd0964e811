package workload

import (
	"errors"
	"fmt"

	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
)

// ErrUnknown is the error of Run for a case that has no code.
var ErrUnknown = errors.New("workload: no such case")

// Run measures c in this process, whose GOMAXPROCS is that of c already. An error says that the
// workload failed or that its result is wrong.
func Run(c spec.Case) (spec.Sample, error) {
	run := find(c)
	if run == nil {
		return nil, fmt.Errorf("%w: %v", ErrUnknown, c)
	}
	m := newMeter()
	if err := run(c, m); err != nil {
		return nil, fmt.Errorf("%v: %w", c, err)
	}
	return m.sample, nil
}

type runner = func(c spec.Case, m *meter) error

func find(c spec.Case) runner {
	type key struct{ contender, style string }
	const ours, goroutines = spec.Moduvex, spec.Goroutines
	return map[string]map[key]runner{
		spec.W1: {
			{ours, spec.Poll}:            w1Poll,
			{ours, spec.Direct}:          w1Direct,
			{goroutines, spec.Plain}:     w1Goroutines,
			{goroutines, spec.WaitGroup}: w1WaitGroup,
			{spec.Ants, ""}:              w1Ants,
			{spec.Conc, ""}:              w1Conc,
			{spec.Pond, ""}:              w1Pond,
		},
		spec.W2: {
			{ours, spec.Poll}:        w2Poll,
			{ours, spec.Direct}:      w2Direct,
			{goroutines, spec.Plain}: w2Goroutines,
		},
		spec.W3: {
			{ours, spec.Poll}:        w3Poll,
			{ours, spec.Direct}:      w3Direct,
			{goroutines, spec.Plain}: w3Goroutines,
		},
		spec.W4: {
			{ours, spec.Poll}:        w4Poll,
			{ours, spec.Direct}:      w4Direct,
			{goroutines, spec.Plain}: w4Goroutines,
			{spec.Ants, ""}:          w4Ants,
			{spec.Conc, ""}:          w4Conc,
			{spec.Pond, ""}:          w4Pond,
		},
		spec.W5: {
			{ours, spec.Poll}:        w5Poll,
			{ours, spec.Direct}:      w5Direct,
			{goroutines, spec.Plain}: w5Goroutines,
		},
		spec.W6: {
			{ours, spec.Poll}:            w6Poll,
			{ours, spec.Direct}:          w6Direct,
			{goroutines, spec.Plain}:     w6Goroutines,
			{goroutines, spec.AfterFunc}: w6AfterFunc,
		},
		spec.W7: {
			{ours, spec.Poll}:        w7Poll,
			{ours, spec.Direct}:      w7Direct,
			{goroutines, spec.Plain}: w7Goroutines,
		},
		spec.W9: {
			{ours, spec.Poll}:          w9Poll,
			{ours, spec.Direct}:        w9Direct,
			{goroutines, spec.Plain}:   w9Mutex,
			{goroutines, spec.Channel}: w9Channel,
		},
		spec.W10: {
			{ours, spec.Poll}:          w10Poll,
			{ours, spec.Direct}:        w10Direct,
			{goroutines, spec.Plain}:   w10Goroutines,
			{goroutines, spec.CtxOnly}: w10CtxOnly,
		},
		spec.GC: {
			{ours, spec.Poll}:        w7Poll,
			{ours, spec.Direct}:      w7Direct,
			{goroutines, spec.Plain}: w7Goroutines,
			{goroutines, spec.Empty}: w7Goroutines,
		},
	}[c.Workload][key{c.Contender, c.Style}]
}

// want compares a result with what it has to be.
func want(name string, have, want int) error {
	if have != want {
		return fmt.Errorf("%s: %d, not %d", name, have, want)
	}
	return nil
}
