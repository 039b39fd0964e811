package report

import (
	"slices"

	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
	"github.com/moduvex/moduvex-go/tools/bench/internal/stats"
)

// A target is what the project wants to reach. It holds for the cases of this runtime that match.
type target struct {
	workload, style string
	workers         int                           // 0 is any
	live            []int                         // W8: numbers of connections; nil is any
	pinned          bool                          // W8
	metric          string                        // of the case
	to              func(c spec.Case) []spec.Case // what it is divided by, the least of them; nil for a bound in the metric's own unit
	toName          string
	bound           float64
	atLeast         bool // the bound is the least, not the most
}

func twins(c spec.Case) []spec.Case { return c.Twins() }

func rawGo(c spec.Case) []spec.Case {
	return []spec.Case{{Workload: c.Workload, Contender: spec.RawGo, Workers: 1, Live: c.Live, Units: c.Units, Pinned: c.Pinned}}
}

func targets() (ts []target) {
	ratio := func(workload, style string, workers int, metric string, bound float64) {
		ts = append(ts, target{workload: workload, style: style, workers: workers, metric: metric, to: twins, toName: "goroutines", bound: bound})
	}
	plain := func(workload, metric string, bound float64) {
		ts = append(ts, target{workload: workload, style: spec.Poll, metric: metric, bound: bound})
	}
	for _, t := range []struct {
		workload, style string
		one, two        float64
	}{
		{spec.W1, spec.Poll, 0.22, 0.35}, {spec.W1, spec.Direct, 0.6, 0.7},
		{spec.W2, spec.Poll, 0.25, 0.12}, {spec.W2, spec.Direct, 0.8, 0.5},
		{spec.W3, spec.Poll, 0.3, 0.3}, {spec.W3, spec.Direct, 0.75, 0.75},
		{spec.W4, spec.Poll, 0.5, 0.5}, {spec.W4, spec.Direct, 1, 1},
		{spec.W5, spec.Poll, 0.8, 0.9}, {spec.W5, spec.Direct, 1, 1},
		{spec.W7, spec.Poll, 0.25, 0.25},
		{spec.W9, spec.Poll, 1.2, 0.8},
		{spec.W10, spec.Poll, 0.4, 0.4}, {spec.W10, spec.Direct, 0.4, 0.4},
	} {
		ratio(t.workload, t.style, 1, spec.Ns, t.one)
		ratio(t.workload, t.style, 2, spec.Ns, t.two)
	}
	plain(spec.W6, spec.BeyondMs, 150)
	plain(spec.W6, spec.CPUSeconds, 0.8)
	plain(spec.W6, spec.RSS, 250)
	plain(spec.W6, spec.LateMs, 30)
	ratio(spec.W6, spec.Direct, 0, spec.CPUSeconds, 1)
	ratio(spec.W6, spec.Direct, 0, spec.RSS, 1)
	plain(spec.W7, spec.TaskBytes, 170)
	plain(spec.W7, spec.Ns, 150)
	ratio(spec.W7, spec.Direct, 0, spec.TaskBytes, 1.05)
	ratio(spec.W7, spec.Direct, 0, spec.Ns, 1.05)
	plain(spec.W10, spec.Ns, 250)
	return append(ts, echoTargets()...)
}

func echoTargets() (ts []target) {
	many := []int{1000, 10_000}
	for _, style := range []string{spec.Poll, spec.Direct} {
		cpu, bytes := 1.05, 450.0
		if style == spec.Direct {
			cpu, bytes = 1.2, 3700
		}
		t := target{workload: spec.W8, style: style, pinned: true}
		add := func(t target, live ...int) {
			t.live = live
			ts = append(ts, t)
		}
		t.metric, t.to, t.toName, t.bound = spec.CPUNs, rawGo, spec.RawGo, cpu
		add(t, 64, 1000, 10_000)
		t.metric, t.to, t.toName, t.bound, t.atLeast = spec.Rate, twins, "net", 1.3, true
		add(t, many...)
		t.bound = 1
		add(t, 1, 64)
		two := t
		two.bound, two.pinned, two.workers = 1.15, false, 2
		add(two, 1000)
		t.metric, t.bound, t.atLeast = spec.P99Us, 1, false
		add(t, many...)
		t.metric, t.to, t.bound = spec.TaskBytes, nil, bytes
		add(t, 10_000)
	}
	return ts
}

// match says whether the target is for c. Tasks that were put on different workers on purpose show what
// that costs, and have no target.
func (t target) match(c spec.Case) bool {
	return c.Contender == spec.Moduvex && c.Workload == t.workload && c.Style == t.style && c.Mode != spec.Spread &&
		(t.workers == 0 || t.workers == c.Workers) &&
		(t.live == nil || slices.Contains(t.live, c.Live)) &&
		(c.Workload != spec.W8 || c.Pinned == t.pinned)
}

// A verdict compares a case with a target.
type verdict struct {
	target
	c     spec.Case
	value stats.Summary
	ok    bool
	by    float64 // how much too large or too small, as a fraction of the bound
}

// verdicts checks the targets that there are figures for, workload by workload.
func (r *Report) verdicts() (vs []verdict) {
	all := targets()
	for _, w := range workloads {
		cases := r.main(w.name)
		for _, t := range all {
			for _, c := range cases {
				if !t.match(c) {
					continue
				}
				if v, ok := r.verdict(t, c); ok {
					vs = append(vs, v)
				}
			}
		}
	}
	return vs
}

// verdict returns false if there are no figures.
func (r *Report) verdict(t target, c spec.Case) (v verdict, have bool) {
	v = verdict{target: t, c: c}
	if t.to != nil {
		v.value, have = r.ratio(c, t.to(c), t.metric)
	} else {
		v.value, have = r.summary(c, t.metric)
	}
	if v.ok = v.value.Median <= t.bound; t.atLeast {
		v.ok = v.value.Median >= t.bound
	}
	if have && !v.ok {
		v.by = max(v.value.Median/t.bound, t.bound/v.value.Median) - 1
	}
	return v, have
}

// maxGrowth is how much more a unit may cost at ten times the size.
const maxGrowth = 1.5

// A grown is a row of the table of growth.
type grown struct {
	small, big spec.Case
	metric     string
	from, to   stats.Summary
}

func (g grown) factor() float64 { return g.to.Median / g.from.Median }

// grown returns what there is to say about growth: the cost of a unit, and where it is about memory,
// the bytes too.
func (r *Report) grown() (gs []grown) {
	for _, pair := range r.Growth {
		ms := []string{spec.Primary(pair[0].Workload)}
		switch pair[0].Workload {
		case spec.W6:
			ms = []string{spec.CPUNs} // of a sleeper, for there are more of them
		case spec.W7:
			ms = append(ms, spec.TaskBytes)
		}
		for _, m := range ms {
			g := grown{small: pair[0], big: pair[1], metric: m}
			var ok1, ok2 bool
			g.from, ok1 = r.summary(g.small, m)
			g.to, ok2 = r.summary(g.big, m)
			if ok1 && ok2 && g.from.Median > 0 {
				gs = append(gs, g)
			}
		}
	}
	return gs
}
