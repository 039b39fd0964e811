package coro_test

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"weak"

	"github.com/moduvex/moduvex-go/core/coro"
)

func TestABacklogIsAQueueInBoundedRoom(t *testing.T) {
	var b coro.Backlog[int]
	var model []int
	random := rand.New(rand.NewPCG(1, 1))
	pop := func() {
		if have := b.Pop(); have != model[0] {
			t.Fatalf("have %d, want %d", have, model[0])
		}
		model = model[1:]
	}
	next := 1 // not zero, which means none
	for _, level := range []int{1, 3, 500, 3, 0, 100, 0} {
		for range 5000 { // to the level, and then around it
			if len(model) > 0 && (len(model) > level || len(model) == level && random.IntN(2) == 0) {
				pop()
			} else {
				b.Push(next)
				model = append(model, next)
				next++
			}
			if room, bound := b.Room(), max(2*coro.KeepBacklog, 4*len(model)+4); room > bound {
				t.Fatalf("room for %d with %d values, want %d at most", room, len(model), bound)
			}
			if !slices.Equal(b.Held(), model) {
				t.Fatalf("the array holds %v, want %v", b.Held(), model)
			}
		}
	}
}

// While values wait all the time, those that were taken are reachable from nothing.
func TestResultsKeepNothingOfWhatWasTaken(t *testing.T) {
	type big struct{ _ [1 << 10]byte }
	var first weak.Pointer[big]
	do(t, func(co *coro.Co) {
		err := coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
			r := coro.NewResults[*big](s)
			child := func(co *coro.Co) (*big, error) { return new(big), nil }
			for range 3 {
				r.Go(co, child)
			}
			co.Yield()
			n := 0
			for v, err := range r.All(co) {
				if err != nil {
					return err
				}
				if n++; n == 1 {
					first = weak.Make(v)
				}
				if n > 1000 {
					break
				}
				r.Go(co, child)
				co.Yield()
			}
			runtime.GC()
			if first.Value() != nil {
				t.Error("the first value is kept")
			}
			if room := coro.ResultsRoom(r); room > 2*coro.KeepBacklog {
				t.Errorf("room for %d values, with 3 at a time", room)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}
