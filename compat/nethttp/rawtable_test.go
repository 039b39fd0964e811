package nethttp_test

import (
	"net/http"
	"slices"
	"testing"
)

// A rig has net/http, the kinds of servers of this package, and what their handlers see.
type rig struct {
	t    testing.TB
	seen *transcript
	std  *site
	ours []*site
}

func newRig(t testing.TB, set ...func(*http.Server)) *rig {
	t.Helper()
	g := &rig{t: t, seen: new(transcript)}
	g.std = reference.serve(t, observe(g.seen), set...)
	for _, k := range kinds {
		g.ours = append(g.ours, k.serve(t, observe(g.seen), set...))
	}
	return g
}

// stdTries is how often net/http is asked again where its answer differs: what it does in a race, a server of this
// package may do too.
const stdTries = 30

// check compares an outcome with that of net/http, which has been asked once. The outcome itself is not tried again.
func (g *rig) check(s *site, what, got, want string, again func() string) {
	g.t.Helper()
	first := want
	for i := 0; got != want; i++ {
		if i == stdTries {
			g.t.Errorf("%s: %s: %s", s.kind.name, what, difference(got, first))
			return
		}
		want = again()
	}
}

// on writes a row to a new connection, or to one that had a request before.
func (g *rig) on(s *site, parked bool, pause func(), parts ...string) string {
	g.t.Helper()
	if parked {
		return s.dialed(g.t, 1)[0].outcome(g.seen, pause, parts...)
	}
	return s.dial(g.t).outcome(g.seen, pause, parts...)
}

// eachPart runs a test for each part of the table, on servers with the part's configuration.
func eachPart(t *testing.T, test func(g *rig, p part)) {
	sparing(t)
	usual := newRig(t)
	for _, p := range table() {
		t.Run(p.name, func(t *testing.T) {
			if p.set != nil {
				test(newRig(t, p.set...), p)
				return
			}
			g := *usual
			g.t = t
			test(&g, p)
		})
	}
}

func TestRawRequests(t *testing.T) {
	eachPart(t, func(g *rig, p part) {
		for _, parked := range []bool{false, true} {
			for _, after := range []string{"", probe} {
				g.rows(p, parked, after)
			}
		}
	})
}

// rows compares each row. Where the connections have had a request before, all of them are parked first, and at a time.
func (g *rig) rows(p part, parked bool, after string) {
	g.t.Helper()
	rows, std := p.rows, parked && !p.asFirst
	want := make([]string, len(rows))
	for i, r := range rows {
		want[i] = g.on(g.std, std, noPause, r.in+after)
	}
	for _, s := range g.ours {
		clients := make([]*client, len(rows))
		if parked {
			clients = s.dialed(g.t, len(rows))
		}
		for i, r := range rows {
			if !parked {
				clients[i] = s.dial(g.t)
			}
			got := clients[i].outcome(g.seen, noPause, r.in+after)
			what := r.name
			if parked {
				what += ", on a connection that was parked"
			}
			if after != "" {
				what += ", and a request behind it"
			}
			g.check(s, what, got, want[i], func() string { return g.on(g.std, std, noPause, r.in+after) })
		}
	}
}

func TestTheTableIsComplete(t *testing.T) {
	n, names := 0, []string(nil)
	for _, part := range table() {
		for _, r := range part.rows {
			n++
			if slices.Contains(names, r.name) {
				t.Errorf("two rows have the name %q", r.name)
			}
			names = append(names, r.name)
		}
	}
	if n < 120 {
		t.Errorf("the table has %d rows", n)
	}
}
