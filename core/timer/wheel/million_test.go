package wheel_test

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/timer/wheel"
)

// A million timers over all levels, of which a fifth is removed and a fifth
// reset, against the same sorted.
func TestMillionRandomTimersAgreeWithASortedReference(t *testing.T) {
	n := 1_000_000
	if testing.Short() {
		n = 50_000
	}
	type want struct {
		e    *wheel.Entry
		tick time.Duration
		seq  int
	}
	rng := rand.New(rand.NewPCG(10, 6))
	deadline := func() time.Duration { return time.Duration(1 + rng.Int64N(int64(ms)<<rng.IntN(36))) }
	w := wheel.New(0)
	entries := make([]wheel.Entry, n)
	seq := make([]int, n)
	for i := range entries {
		w.Insert(&entries[i], deadline())
		seq[i] = i
	}
	for i := range n / 5 {
		j := rng.IntN(n)
		if w.Remove(&entries[rng.IntN(n)]); entries[j].Armed() {
			w.Reset(&entries[j], deadline())
			seq[j] = n + i
		}
	}
	check(t, w)

	var wants []want
	for i := range entries {
		if e := &entries[i]; e.Armed() {
			wants = append(wants, want{e, (e.Deadline() + ms - 1) / ms * ms, seq[i]})
		}
	}
	slices.SortFunc(wants, func(a, b want) int {
		return cmp.Or(cmp.Compare(a.tick, b.tick), cmp.Compare(a.seq, b.seq))
	})

	now := time.Duration(0)
	for len(wants) > 0 {
		at, ok := w.Next()
		if !ok || at > wants[0].tick {
			t.Fatalf("Next is %v, %t, with an entry due at %v", at, ok, wants[0].tick)
		}
		now = at + time.Duration(rng.Int64N(int64(ms)<<rng.IntN(30)))
		for e := w.Expire(now); e != nil; e = w.Expire(now) {
			if e != wants[0].e {
				t.Fatalf("at %v fired %v, want %v", now, e.Deadline(), wants[0].e.Deadline())
			}
			wants = wants[1:]
		}
		if len(wants) > 0 && wants[0].tick <= now {
			t.Fatalf("entry of %v is missing at %v", wants[0].e.Deadline(), now)
		}
	}
	if w.Len() != 0 {
		t.Fatalf("Len is %d", w.Len())
	}
}
