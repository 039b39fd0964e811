package spec

// A webScale is the size of W11.
type webScale struct {
	idle    int   // connections of the parts idle and mixed
	mixedMs int   // how long those of the part mixed send requests
	conns   []int // of the part load
	loadMs  int   // how long wrk runs: an even number of slices, so that each server begins as often
	free    bool  // the part load also where server and wrk share the processors
}

// mixedEveryMs is how often a connection of the part mixed that sends requests sends one.
const mixedEveryMs = 10_000

// cases are those of W11. TLS is there for its memory alone: what a handshake or a record costs is not the server's choice.
func (s webScale) cases() (cs []Case) {
	servers := []string{NetHTTP, Served, ServedCo}
	for _, contender := range servers {
		cs = append(cs, Case{Contender: contender, Part: Idle, Workers: 2, Live: s.idle, Units: s.idle})
	}
	for _, contender := range servers[:2] {
		cs = append(cs, Case{Contender: contender, Style: TLS, Part: Idle, Workers: 2, Live: s.idle, Units: s.idle})
	}
	for _, conns := range s.conns {
		for _, contender := range servers {
			cs = append(cs, Case{Contender: contender, Part: Load, Workers: 1, Live: conns, SpanMs: s.loadMs, Pinned: true})
		}
		for _, contender := range servers {
			if s.free {
				cs = append(cs, Case{Contender: contender, Part: Load, Workers: 2, Live: conns, SpanMs: s.loadMs})
			}
		}
	}
	for _, contender := range servers {
		c := Case{Contender: contender, Part: Mixed, Workers: 1, Live: s.idle, SpanMs: s.mixedMs, Pinned: true}
		c.Units = c.mixedUnits()
		cs = append(cs, c)
	}
	for i := range cs {
		cs[i].Workload = W11
	}
	return cs
}

// mixedUnits is how many requests half of the connections send in a span.
func (c Case) mixedUnits() int { return c.Live / 2 * max(1, c.SpanMs/mixedEveryMs) }

// SetConns changes the number of connections in the parts of W11 that have many: idle and mixed.
func (p *Plan) SetConns(n int) {
	for i := range p.Cases {
		c := &p.Cases[i]
		if c.Workload != W11 || c.Part == Load {
			continue
		}
		if c.Live, c.Units = n, n; c.Part == Mixed {
			c.Units = c.mixedUnits()
		}
	}
}

// Conns is the number of connections that the parts idle and mixed of W11 have, or 0 if the plan has neither.
func (p Plan) Conns() int {
	for _, c := range p.Cases {
		if c.Workload == W11 && c.Part != Load {
			return c.Live
		}
	}
	return 0
}
