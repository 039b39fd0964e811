package spec

import "slices"

// A Plan is what a run measures.
type Plan struct {
	// Cases are measured in this order in each round, so that contenders alternate.
	Cases []Case
	// Growth are pairs of a case and itself at ten times the size; what is not among Cases is
	// measured in GrowthRounds rounds.
	Growth       [][2]Case
	GrowthRounds int
	// Small says that the sizes are too small for the figures to mean anything.
	Small bool
}

// A scale says how large a plan is.
type scale struct {
	units    int   // of W1: those of the other workloads are in proportion
	sleepers int   // W6
	span     int   // W6, in milliseconds
	parked   int   // W7 and GC
	aborted  int   // W10
	conns    []int // W8
	requests int   // W8
	web      webScale
}

var (
	full = scale{
		units: 1_000_000, sleepers: 1_000_000, span: 1000, parked: 1_000_000, aborted: 100_000,
		conns: []int{1, 64, 1000, 10_000}, requests: 200_000,
		web: webScale{idle: 18_000, mixedMs: 20_000, conns: []int{64, 1000}, loadMs: 4000, free: true},
	}
	smoke = scale{
		units: 20_000, sleepers: 4000, span: 20, parked: 4000, aborted: 1000,
		conns: []int{1, 64, 100, 1000}, requests: 4000,
		web: webScale{idle: 400, mixedMs: 1000, conns: []int{64}, loadMs: 1000},
	}
	quick = scale{
		units: 1_000_000, sleepers: 100_000, span: 200, parked: 200_000, aborted: 100_000,
		conns: []int{64, 1000, 10_000}, requests: 100_000,
		web: webScale{idle: 18_000, mixedMs: 10_000, conns: []int{64, 1000}, loadMs: 4000},
	}
)

// Full is the plan of `make bench`: the sizes of the targets.
func Full() Plan { return full.plan() }

// Smoke is the plan of `make bench-smoke`: the same, small. It has fewer connections, so that it needs no
// more descriptors than any system allows.
func Smoke() Plan {
	p := smoke.plan()
	p.Small = true
	return p
}

// Quick is the plan of `make figures`: this runtime and what its figures are divided by, alone, in sizes at which a
// measurement takes a second. It has no comparison of sizes, and connections for servers on one core only.
func Quick() Plan {
	p := quick.plan()
	p.Growth = nil
	measured := func(c Case) bool {
		return c.Workload == W11 || c.Contender == Moduvex && !(c.Mode == Spread && c.Workload == W5) && (c.Workload != W8 || c.Pinned)
	}
	var divisors []Case
	for _, c := range p.Cases {
		if measured(c) {
			divisors = append(divisors, c.Twins()...)
			if c.Workload == W8 {
				divisors = append(divisors, c.Bare())
			}
		}
	}
	p.Cases = slices.DeleteFunc(p.Cases, func(c Case) bool { return !measured(c) && !slices.Contains(divisors, c) })
	return p
}

func (s scale) plan() Plan {
	var p Plan
	for _, w := range []string{W1, W2, W3, W4, W5, W6, W7, W9, W10, GC} {
		base := s.base(w)
		for _, c := range contenders(w) {
			c.Workload, c.Live, c.Units, c.SpanMs = w, base.Live, base.Units, base.SpanMs
			if c.isLess() {
				c.Units /= spreadLess
			}
			if c.Style == Empty {
				c.Live, c.Units = 0, 0
			}
			p.Cases = append(p.Cases, c)
		}
	}
	p.Cases = append(p.Cases, s.echo()...)
	p.Cases = append(p.Cases, s.web.cases()...)
	p.Growth = s.growth(p.Cases)
	p.GrowthRounds = 3
	return p
}

// base is the size of a workload.
func (s scale) base(workload string) Case {
	switch workload {
	case W1, W2:
		return Case{Live: min(1000, s.units/20), Units: s.units}
	case W3:
		return Case{Live: 1, Units: s.units}
	case W5:
		return Case{Live: 4, Units: s.units}
	case W6:
		return Case{Live: s.sleepers, Units: s.sleepers, SpanMs: s.span}
	case W7, GC:
		return Case{Live: s.parked, Units: s.parked}
	case W9:
		// A lock takes so little that with fewer the start of the tasks would count.
		return Case{Live: 8, Units: s.units * 4}
	case W10:
		return Case{Live: s.aborted, Units: s.aborted}
	}
	return Case{Live: 1, Units: s.units} // W4
}

// contenders are those for which a workload makes sense. A pool's task that waits holds a goroutine,
// so where tasks wait, a pool is goroutines and more; and netpoll has nothing but sockets.
func contenders(workload string) (cs []Case) {
	twins := []string{Plain}
	switch workload {
	case W1:
		twins = append(twins, WaitGroup)
	case W6:
		twins = append(twins, AfterFunc)
	case W9:
		twins = append(twins, Channel)
	case W10:
		twins = append(twins, CtxOnly)
	case GC:
		return []Case{
			{Contender: Goroutines, Style: Empty, Workers: 2},
			{Contender: Goroutines, Workers: 2},
			{Contender: Moduvex, Style: Poll, Workers: 2, Mode: Core},
			{Contender: Moduvex, Style: Direct, Workers: 2, Mode: Core},
		}
	}
	for _, workers := range []int{1, 2} {
		for _, t := range twins {
			cs = append(cs, Case{Contender: Goroutines, Style: t, Workers: workers})
		}
		if workload == W1 || workload == W4 {
			for _, pool := range []string{Ants, Conc, Pond} {
				cs = append(cs, Case{Contender: pool, Workers: workers})
			}
		}
		for _, style := range []string{Poll, Direct} {
			for _, mode := range modes(workload, workers) {
				cs = append(cs, Case{Contender: Moduvex, Style: style, Workers: workers, Mode: mode})
			}
		}
	}
	if (Case{Workload: workload, Workers: 2, Mode: Core}).hasDrivers() {
		cs = append(cs, Case{Contender: Goroutines, Workers: 2, Mode: Drivers})
	}
	return cs
}

func modes(workload string, workers int) []string {
	switch {
	case workers == 1:
		return []string{""}
	case slices.Contains([]string{W3, W5, W9}, workload):
		return []string{Core, Steal, Spread}
	}
	return []string{Core, Steal}
}

// echo are the cases of W8.
func (s scale) echo() (cs []Case) {
	for _, conns := range s.conns {
		base := Case{Workload: W8, Live: conns, Units: max(s.requests, 4*conns), Workers: 1}
		if conns == 1 {
			base.Units = s.requests / 4 // each waits for the one before
		}
		for _, pinned := range []bool{true, false} {
			base.Pinned = pinned
			workers := 2
			if pinned {
				workers = 1
			}
			add := func(c Case) {
				c.Workload, c.Live, c.Units, c.Pinned = W8, base.Live, base.Units, pinned
				cs = append(cs, c)
			}
			add(Case{Contender: RawC, Workers: 1})
			add(Case{Contender: RawGo, Workers: 1})
			add(Case{Contender: Goroutines, Workers: workers})
			add(Case{Contender: Netpoll, Workers: workers})
			for _, mode := range modes(W8, workers) {
				add(Case{Contender: Moduvex, Style: Poll, Workers: workers, Mode: mode})
				add(Case{Contender: Moduvex, Style: Direct, Workers: workers, Mode: mode})
				add(Case{Contender: Free, Workers: workers, Mode: mode})
			}
		}
	}
	return cs
}

// growth pairs cases with themselves at ten times the size: on one worker, where nothing but the size
// changes, and where tasks are stolen. What would not fit in memory at ten times the size is compared
// with a tenth instead.
func (s scale) growth(cases []Case) (pairs [][2]Case) {
	for _, c := range cases {
		plain := c.Style == Plain || c.Style == Poll || c.Style == Direct
		if c.Workload == GC || !plain || c.Contender != Moduvex && c.Contender != Goroutines && c.Contender != RawGo {
			continue
		}
		switch {
		case c.Workload == W8:
			big := c
			big.Live *= 10
			i := slices.IndexFunc(cases, func(o Case) bool { big.Units = o.Units; return o == big })
			if c.Live > 1 && c.Live*10 <= s.conns[len(s.conns)-1] && c.Pinned && i >= 0 {
				pairs = append(pairs, [2]Case{c, big})
			}
		case c.Workers == 1, c.Mode == Steal && c.Contender == Moduvex:
			small, big := c, c
			if (c.Workload == W6 || c.Workload == W7) && c.Style != Poll {
				small.Live, small.Units = c.Live/10, c.Units/10
			} else {
				big.Live, big.Units = c.Live*10, c.Units*10
			}
			pairs = append(pairs, [2]Case{small, big})
		}
	}
	return pairs
}
