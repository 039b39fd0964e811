package reactor_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/reactor"
)

// has fails unless the cached readiness of g is exactly that of each direction.
func has(t *testing.T, g *reactor.Registration, read, write reactor.Readiness) {
	t.Helper()
	r, _ := g.Ready(reactor.Read)
	w, _ := g.Ready(reactor.Write)
	if r.Ready != read || w.Ready != write {
		t.Errorf("ready to read: %v, to write: %v; want %v, %v", r.Ready, w.Ready, read, write)
	}
}

// The swap of each change of the readiness word fails because of another change in between.
func TestAChangeThatLosesItsSwapIsStillMade(t *testing.T) {
	const (
		readReady, writeReady = reactor.ReadReady, reactor.WriteReady
		closed                = reactor.Closed
	)
	// Each change begins with the word from before the other change. Both directions are ready at the begin.
	type begun func(g *reactor.Registration, word uint64, r, w reactor.ReadyEvent)
	clearRead := func(want bool) func(*testing.T) begun {
		return func(t *testing.T) begun {
			return func(g *reactor.Registration, word uint64, r, _ reactor.ReadyEvent) {
				if ok := reactor.ClearStale(g, word, r, reactor.Read); ok != want {
					t.Errorf("clearing says %v, want %v", ok, want)
				}
			}
		}
	}
	report := func(*testing.T) begun {
		return func(g *reactor.Registration, word uint64, _, _ reactor.ReadyEvent) {
			reactor.ReportStale(g, word, reactor.ReadClosed)
		}
	}
	retire := func(want bool) func(*testing.T) begun {
		return func(t *testing.T) begun {
			return func(g *reactor.Registration, word uint64, _, _ reactor.ReadyEvent) {
				if ok := reactor.RetireStale(g, word); ok != want {
					t.Errorf("retiring says %v, want %v", ok, want)
				}
			}
		}
	}
	clearedWrite := func(g *reactor.Registration, _, w reactor.ReadyEvent) { g.ClearReady(w, reactor.Write) }
	clearedRead := func(g *reactor.Registration, r, _ reactor.ReadyEvent) { g.ClearReady(r, reactor.Read) }
	reported := func(g *reactor.Registration, _, _ reactor.ReadyEvent) {
		reactor.ReportStale(g, reactor.Word(g), reactor.PriorityReady)
	}
	retired := func(g *reactor.Registration, _, _ reactor.ReadyEvent) { reactor.RetireStale(g, reactor.Word(g)) }
	closing := func(g *reactor.Registration, _, _ reactor.ReadyEvent) {
		g.CloseWith(func(uintptr) error { return nil })
	}

	for _, c := range []struct {
		name        string
		change      func(*testing.T) begun
		other       func(g *reactor.Registration, r, w reactor.ReadyEvent)
		read, write reactor.Readiness
		reports     int // by the tick
	}{
		{"clear against clear of the other direction", clearRead(true), clearedWrite, 0, 0, 0},
		{"clear against the same clear", clearRead(false), clearedRead, 0, writeReady, 0},
		{"clear against report", clearRead(false), reported, readReady | reactor.PriorityReady, writeReady, 1},
		{"clear against retire", clearRead(false), retired, readReady | closed, writeReady | closed, 1},
		{"report against clear", report, clearedWrite, readReady | reactor.ReadClosed, 0, 1},
		{"report against report", report, reported, readReady | reactor.PriorityReady | reactor.ReadClosed, writeReady, 2},
		{"report against retire", report, retired, readReady | reactor.ReadClosed | closed, writeReady | closed, 2},
		{"retire against clear", retire(true), clearedRead, closed, writeReady | closed, 1},
		{"retire against report", retire(true), reported, readReady | reactor.PriorityReady | closed, writeReady | closed, 2},
		{"retire against retire", retire(false), retired, readReady | closed, writeReady | closed, 1},
		{"retire against CloseWith", retire(false), closing, readReady | closed, writeReady | closed, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			g := r.register(3)
			r.report(3, readReady|writeReady)
			rev := ready(t, g, reactor.Read, readReady)
			wev := ready(t, g, reactor.Write, writeReady)

			word := reactor.Word(g)
			c.other(g, rev, wev)
			c.change(t)(g, word, rev, wev)

			has(t, g, c.read, c.write)
			if n := int(reactor.Word(g)>>32) - int(word>>32); n != c.reports {
				t.Errorf("the tick went on by %d, want %d", n, c.reports)
			}
			if c.name == "retire against CloseWith" { // and the bit of CloseWith is still set
				if err := g.CloseWith(func(uintptr) error { t.Error("closed twice"); return nil }); err != reactor.ErrClosed {
					t.Error(err)
				}
			}
		})
	}
}
