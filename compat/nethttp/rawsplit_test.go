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
		for _, r := range p.rows {
			if len(r.in) < splitBelow {
				g.split(r, false)
				g.split(r, true)
			}
		}
	})
}

// split compares the outcome of a request in two parts with that of net/http for the whole.
func (g *rig) split(r row, parked bool) {
	g.t.Helper()
	in := r.in + probe
	want := g.on(g.std, parked, noPause, in, "")
	for _, s := range g.ours {
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

// A request is written byte by byte.
func TestRawRequestsByteByByte(t *testing.T) {
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
