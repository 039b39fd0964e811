package report

import (
	"slices"

	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
	"github.com/moduvex/moduvex-go/tools/bench/internal/stats"
)

// A target is what the project wants to reach. It holds for the cases of this runtime that match.
type target struct {
	workload, style string
	contender, part string                        // W11; of the others the contender is moduvex
	workers         int                           // 0 is any
	mode            string                        // with workers; anyMode is any but spread
	live            []int                         // W8: numbers of connections; nil is any
	pinned          bool                          // W8, and the part load of W11
	metric          string                        // of the case
	to              func(c spec.Case) []spec.Case // what it is divided by, the least of them; nil for a bound in the metric's own unit
	toName          string
	bound           float64
	atLeast         bool // the bound is the least, not the most
}

func twins(c spec.Case) []spec.Case { return c.Twins() }

func bare(c spec.Case) []spec.Case { return []spec.Case{c.Bare()} }

// anyMode is for targets that do not depend on how two workers share the tasks. Tasks that were put on different workers
// on purpose have only targets that name that mode.
const anyMode = "any"

// bounds are those of one figure: with one worker, and with two in each mode. 0 is no target.
type bounds struct{ one, core, steal, spread float64 }

// each returns a target for each bound that there is.
func (b bounds) each(t target) (ts []target) {
	for _, m := range []struct {
		workers int
		mode    string
		bound   float64
	}{{1, "", b.one}, {2, spec.Core, b.core}, {2, spec.Steal, b.steal}, {2, spec.Spread, b.spread}} {
		if m.bound > 0 {
			t.workers, t.mode, t.bound = m.workers, m.mode, m.bound
			ts = append(ts, t)
		}
	}
	return ts
}

func targets() (ts []target) {
	toTwins := func(workload, style, metric string) target {
		return target{workload: workload, style: style, mode: anyMode, metric: metric, to: twins, toName: "goroutines"}
	}
	ratio := func(workload, style, metric string, bound float64) {
		t := toTwins(workload, style, metric)
		t.bound = bound
		ts = append(ts, t)
	}
	plain := func(workload, metric string, bound float64) {
		ts = append(ts, target{workload: workload, style: spec.Poll, mode: anyMode, metric: metric, bound: bound})
	}
	for _, t := range []struct {
		workload     string
		poll, direct bounds
	}{
		{spec.W1, bounds{0.22, 0.2, 0.4, 0}, bounds{0.45, 0.35, 0.5, 0}},
		{spec.W2, bounds{0.25, 0.15, 0.2, 0}, bounds{0.85, 0.5, 0.6, 0}},
		{spec.W3, bounds{0.35, 0.4, 0.4, 5}, bounds{0.7, 0.8, 0.8, 8}},
		{spec.W4, bounds{0.5, 0.5, 0.6, 0}, bounds{0.7, 0.75, 0.8, 0}},
		{spec.W5, bounds{0.8, 0.5, 0.8, 0}, bounds{0.9, 0.7, 0.9, 0}},
		{spec.W7, bounds{0.25, 0.25, 0.25, 0}, bounds{0.9, 0.7, 0.8, 0}},
		{spec.W9, bounds{1, 0.4, 0.8, 3}, bounds{1.1, 0.4, 1.5, 5}},
		{spec.W10, bounds{0.4, 0.4, 0.4, 0}, bounds{0.6, 0.5, 0.6, 0}},
	} {
		ts = append(ts, t.poll.each(toTwins(t.workload, spec.Poll, spec.Ns))...)
		ts = append(ts, t.direct.each(toTwins(t.workload, spec.Direct, spec.Ns))...)
	}
	plain(spec.W6, spec.BeyondMs, 150)
	plain(spec.W6, spec.CPUSeconds, 0.8)
	plain(spec.W6, spec.RSS, 250)
	plain(spec.W6, spec.LateMs, 30)
	ratio(spec.W6, spec.Direct, spec.CPUSeconds, 1)
	ratio(spec.W6, spec.Direct, spec.RSS, 1)
	plain(spec.W7, spec.TaskBytes, 160)
	ratio(spec.W7, spec.Direct, spec.TaskBytes, 1.1)
	ns := target{style: spec.Poll, metric: spec.Ns}
	ns.workload = spec.W7
	ts = append(ts, bounds{120, 70, 120, 0}.each(ns)...)
	ns.workload = spec.W10
	ts = append(ts, bounds{150, 100, 130, 0}.each(ns)...)
	plain(spec.GC, spec.GCCPUMs, 67)
	ratio(spec.GC, spec.Direct, spec.GCCPUMs, 1.2)
	return slices.Concat(ts, echoTargets(), webTargets())
}

func echoTargets() (ts []target) {
	many := []int{1000, 10_000}
	for _, style := range []string{spec.Poll, spec.Direct} {
		cpu, bytes := map[int]float64{64: 1.03, 1000: 1.03, 10_000: 0.93}, 450.0
		if style == spec.Direct {
			cpu, bytes = map[int]float64{64: 1.08, 1000: 1.05, 10_000: 1.05}, 3700
		}
		t := target{workload: spec.W8, style: style, mode: anyMode, pinned: true}
		add := func(t target, live ...int) {
			t.live = live
			ts = append(ts, t)
		}
		t.metric, t.to, t.toName = spec.CPUNs, bare, spec.RawGo
		for _, live := range []int{64, 1000, 10_000} {
			t.bound = cpu[live]
			add(t, live)
		}
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

// match says whether the target is for c.
func (t target) match(c spec.Case) bool {
	contender := t.contender
	if contender == "" {
		contender = spec.Moduvex
	}
	return c.Contender == contender && c.Part == t.part && c.Workload == t.workload && c.Style == t.style &&
		(t.mode == c.Mode || t.mode == anyMode && c.Mode != spec.Spread) &&
		(t.workers == 0 || t.workers == c.Workers) &&
		(t.live == nil || slices.Contains(t.live, c.Live)) &&
		(c.Workload != spec.W8 && c.Part != spec.Load || c.Pinned == t.pinned)
}

// A verdict compares a case with a target.
type verdict struct {
	target
	c     spec.Case
	value stats.Summary
	ok    bool
	by    float64 // how much too large or too small, as a fraction of the bound
	limit string  // W8's rate: what it was limited by, if not by the server
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
	if t.metric == spec.Rate {
		v.limit = r.limit(c)
	}
	return v, have
}

// What a process is busy for at least, in per cent of the time, if it is the limit of W8's rate.
const (
	busyLoad   = 95
	busyServer = 90
)

// limit says what limited the rate of c, a case of W8, if that was not the server. A few connections keep neither busy, and
// where server and load share the processors it cannot be told.
func (r *Report) limit(c spec.Case) string {
	load, ok := r.summary(c, spec.LoadBusy)
	server, ok2 := r.summary(c, spec.ServerBusy)
	switch {
	case !ok || !ok2 || r.Small || !c.Pinned || c.Live < 64:
		return ""
	case load.Median >= busyLoad:
		return "limited by the load generator"
	case server.Median < busyServer:
		return "limited by neither: the machine was not idle"
	}
	return ""
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
		ms := []string{spec.Primary(pair[0])}
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
