package nethttp_test

import (
	"testing"
)

// FuzzDifferential compares the servers of this package with net/http for any bytes, in parts. Each byte of cuts is the
// length of a part, but for its highest bit: that is a pause behind it.
func FuzzDifferential(f *testing.F) {
	for _, p := range table() {
		for i, r := range p.rows {
			if len(r.in) < 1000 {
				f.Add([]byte(r.in), []byte{byte(i), 0x80 | byte(i)/2}, i%2 == 0)
			}
		}
	}
	g := newRig(f)
	f.Fuzz(func(t *testing.T, text, cuts []byte, parked bool) {
		if len(text) > 1<<16 || len(cuts) > 1<<10 {
			t.Skip("longer texts find nothing that short ones do not")
		}
		g := *g
		g.t = t
		parts, pauses := cut(string(text), cuts)
		// Each connection has pauses of its own.
		pause := func() func() {
			next := 0
			return func() {
				if next < len(pauses) && pauses[next] {
					shortPause()
				}
				next++
			}
		}
		std := func() string { return g.on(g.std, parked, pause(), parts...) }
		want := std()
		for _, s := range g.ours {
			if parked && s.kind.linger >= 0 {
				continue // each would wait for the linger
			}
			g.check(s, "these bytes", g.on(s, parked, pause(), parts...), want, std)
		}
	})
}

// cut divides a text, and tells after which parts there is a pause. There are at least two parts, so that an end is an
// end.
func cut(text string, cuts []byte) (parts []string, pauses []bool) {
	for _, c := range cuts {
		n := min(int(c&0x7f), len(text))
		parts, pauses = append(parts, text[:n]), append(pauses, c&0x80 != 0)
		text = text[n:]
	}
	return append(parts, text, ""), pauses
}
