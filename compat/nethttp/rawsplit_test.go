package nethttp_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/moduvex/moduvex-go/executor/modetest"
)

// splitBelow is the length of requests that are split at every byte.
const splitBelow = 200

// Each short row is written in two parts, for every place where it can be split, and a little beyond its end. Only the
// servers without a linger have every place, in one mode and without -short; the others have a few, at random.
func TestRawRequestsSplitAtEveryByte(t *testing.T) {
	eachPart(t, func(g *rig, p part) {
		var rows []row
		for _, r := range p.rows {
			if len(r.in) < splitBelow {
				rows = append(rows, r)
				g.split(r, false)
				g.split(r, true)
			}
		}
		g.splitAtATime(rows)
	})
}

// split compares the outcome of a request in two parts with that of net/http for the whole.
func (g *rig) split(r row, parked bool) {
	g.t.Helper()
	in := r.in + probe
	want := g.on(g.std, parked, noPause, in, "")
	for _, s := range g.ours {
		if parked && s.kind.linger >= 0 {
			continue // splitAtATime waits for the linger
		}
		places := rand.Perm(len(r.in) + 4)
		if s.kind.linger >= 0 || testing.Short() || !modetest.First() {
			places = places[:2]
		}
		for _, n := range places {
			n++
			got := g.on(s, parked, shortPause, in[:n], in[n:])
			g.check(s, fmt.Sprintf("%s, split at %d, parked: %t", r.name, n, parked), got, want, func() string {
				return g.on(g.std, parked, shortPause, in[:n], in[n:])
			})
		}
	}
}

// splitAtATime splits each request at one place, on connections that were parked. All of them linger at a time.
func (g *rig) splitAtATime(rows []row) {
	g.t.Helper()
	for _, s := range g.ours {
		if s.kind.linger < 0 {
			continue
		}
		for i, c := range s.dialed(g.t, len(rows)) {
			in, n := rows[i].in+probe, 1+rand.IntN(len(rows[i].in)+4)
			std := func() string { return g.on(g.std, true, shortPause, in[:n], in[n:]) }
			got := c.outcome(g.seen, shortPause, in[:n], in[n:])
			g.check(s, fmt.Sprintf("%s, split at %d behind a linger", rows[i].name, n), got, std(), std)
		}
	}
}

// A request is written byte by byte.
func TestRawRequestsByteByByte(t *testing.T) {
	sparing(t)
	g := newRig(t)
	for _, r := range pipelineRows() {
		if len(r.in) > 10*splitBelow {
			continue
		}
		parts := make([]string, len(r.in))
		for i := range parts {
			parts[i] = r.in[i : i+1]
		}
		for _, parked := range []bool{false, true} {
			want := g.on(g.std, parked, noPause, r.in, "")
			for _, s := range g.ours {
				got := g.on(s, parked, runtime.Gosched, parts...)
				g.check(s, fmt.Sprintf("%s, byte by byte, parked: %t", r.name, parked), got, want, func() string {
					return g.on(g.std, parked, runtime.Gosched, parts...)
				})
			}
		}
	}
}
