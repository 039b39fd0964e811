package nethttp_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/moduvex/moduvex-go/compat/nethttp"
	"github.com/moduvex/moduvex-go/executor/modetest"
)

// transitions are those of the table in state.go.
var transitions = [][2]string{
	{"parked", "queued"}, {"parked", "handshaking"}, {"parked", "closed"},
	{"handshaking", "parked"}, {"handshaking", "queued"}, {"handshaking", "closed"},
	{"queued", "served"}, {"queued", "closed"},
	{"served", "parked"}, {"served", "closed"}, {"served", "hijacked"},
	{"hijacked", "closed"},
}

// A transition is made from its state only, and changes nothing elsewhere.
func TestTransitions(t *testing.T) {
	if !modetest.First() {
		return
	}
	index := func(name string) int { return slices.Index(nethttp.States, name) }
	for _, tr := range transitions {
		from, to := index(tr[0]), index(tr[1])
		if from < 0 || to < 0 {
			t.Fatalf("there is no state of %v", tr)
		}
		for at, name := range nethttp.States {
			after, ok := nethttp.Move(at, from, to)
			if ok != (at == from) {
				t.Errorf("%v in the state %s: %t", tr, name, ok)
			}
			if want := map[bool]int{true: to, false: at}[ok]; after != want {
				t.Errorf("%v in the state %s leads to %s", tr, name, nethttp.States[after])
			}
		}
	}
}

// The lists of a shard agree with slices, whatever enters and leaves them. A closed connection enters none.
func TestListsOfAShard(t *testing.T) {
	if !modetest.First() {
		return
	}
	const conns, lists = 20, 3
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		b := nethttp.NewShard(conns)
		var want [lists][]int
		closed := map[int]bool{}
		for step := range 200 {
			i, list := r.IntN(conns), r.IntN(lists)
			if r.IntN(20) == 0 {
				b.Close(i)
				closed[i] = true
			}
			b.Put(i, list)
			for l := range want {
				want[l] = slices.DeleteFunc(want[l], func(c int) bool { return c == i })
			}
			if list != 0 && !closed[i] {
				want[list] = slices.Insert(want[list], 0, i)
			}
			for l := 1; l < lists; l++ {
				if got, n := b.In(l); !slices.Equal(got, want[l]) || n != len(want[l]) {
					t.Fatalf("step %d: list %d has %v and the length %d, want %v", step, l, got, n, want[l])
				}
			}
		}
	}
}
