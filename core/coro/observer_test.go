package coro_test

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

// A recorder is the Observer of one worker. Several may have the same events.
type recorder struct {
	worker string
	events map[uint64][]string // by task
}

func (r recorder) note(t *task.Task, format string, args ...any) {
	r.events[t.ID()] = append(r.events[t.ID()], fmt.Sprintf(format, args...))
}

func (r recorder) Begins(t *task.Task) func() {
	r.note(t, "begins on %s", r.worker)
	began := goroutine()
	return func() {
		r.note(t, "ends")
		if goroutine() != began {
			r.note(t, "not where it began")
		}
	}
}

func (r recorder) Ended() {
	for id, events := range r.events {
		if events[len(events)-1] == "ends" {
			r.events[id] = append(events, "is over on "+r.worker)
		}
	}
}

func (r recorder) Resumed(t *task.Task, moved bool) {
	if moved {
		r.note(t, "moves to %s", r.worker)
	} else {
		r.note(t, "goes on")
	}
}

// goroutine returns the number of the caller's goroutine.
func goroutine() string {
	buf := make([]byte, 64)
	fields := bytes.Fields(buf[:runtime.Stack(buf, false)])
	return string(fields[1])
}

func TestAnObserverIsToldOfEachPollOfABody(t *testing.T) {
	for name, test := range map[string]struct {
		body func(co *coro.Co) (int, error)
		want []string
	}{
		"a value": {func(*coro.Co) (int, error) { return 0, nil }, []string{"begins on a", "ends", "is over on a"}},
		"awaits": {func(co *coro.Co) (int, error) {
			if err := co.Yield(); err != nil {
				return 0, err
			}
			return 0, co.Yield()
		}, []string{"begins on a", "goes on", "goes on", "ends", "is over on a"}},
		"a panic": {func(co *coro.Co) (int, error) { _ = co.Yield(); panic("boom") }, []string{"begins on a", "goes on", "ends", "is over on a"}},
		"Goexit":  {func(co *coro.Co) (int, error) { _ = co.Yield(); runtime.Goexit(); return 0, nil }, []string{"begins on a", "goes on", "ends", "is over on a"}},
		"a deferred panic in Goexit": {func(*coro.Co) (int, error) {
			defer func() { panic("boom") }()
			runtime.Goexit()
			return 0, nil
		}, []string{"begins on a", "ends", "is over on a"}},
	} {
		for _, relayed := range []bool{false, true} {
			for _, bodies := range []int{1, 3} {
				r := recorder{"a", map[uint64][]string{}}
				opts := coro.PoolOptions{Observer: r}
				var slots []*task.Slot[int]
				if relayed {
					w := newRelayWorker(t, opts)
					for range bodies {
						slots = append(slots, spawn(t, w, test.body))
					}
					w.run()
				} else {
					w := newWorker(t, coro.NewPoolWith(opts))
					for range bodies {
						slots = append(slots, spawn(t, w, test.body))
					}
					w.run()
				}
				for _, s := range slots {
					if have := r.events[s.ID()]; !slices.Equal(have, test.want) {
						t.Errorf("%s, relayed %t, %d bodies: have %v, want %v", name, relayed, bodies, have, test.want)
					}
				}
			}
		}
	}
}

func TestAnObserverIsToldOfABodyThatIsDropped(t *testing.T) {
	r := recorder{"a", map[uint64][]string{}}
	w := newWorker(t, coro.NewPoolWith(coro.PoolOptions{Observer: r}))
	s := spawn(t, w, func(co *coro.Co) (int, error) { return 0, forever(co) })
	w.run()
	s.ForHost().KillOn(w.cx, nil)
	if have, want := r.events[s.ID()], []string{"begins on a", "goes on", "ends", "is over on a"}; !slices.Equal(have, want) {
		t.Errorf("have %v, want %v", have, want)
	}
}

func TestAnObserverIsToldThatABodyHasMoved(t *testing.T) {
	events := map[uint64][]string{}
	ready, surplus := newReadyTasks(), new(coro.Surplus)
	on := func(worker string) *relayWorker {
		return newRelayWorkerOn(t, ready, coro.PoolOptions{Surplus: surplus, Observer: recorder{worker, events}})
	}
	a, b := on("a"), on("b")
	g := [4]gate{}
	s := spawn(t, a, func(co *coro.Co) (int, error) {
		for i := range g {
			if err := await(co, &g[i]); err != nil {
				return 0, err
			}
		}
		return 0, nil
	})
	a.run()
	for i, w := range []*relayWorker{b, b, a, b} {
		g[i].open(0)
		w.run()
	}
	if have, want := events[s.ID()], []string{"begins on a", "moves to b", "goes on", "moves to a", "moves to b", "ends", "is over on b"}; !slices.Equal(have, want) {
		t.Errorf("have %v, want %v", have, want)
	}
}

// A coroutine that is used again tells of the body that it has now.
func TestAnObserverIsToldOfTheNextBodyOfACoroutine(t *testing.T) {
	r := recorder{"a", map[uint64][]string{}}
	w := newWorker(t, coro.NewPoolWith(coro.PoolOptions{Observer: r, CheckUses: true}))
	for range 3 {
		s := spawn(t, w, func(co *coro.Co) (int, error) { return 0, co.Yield() })
		w.run()
		if have, want := r.events[s.ID()], []string{"begins on a", "goes on", "ends", "is over on a"}; !slices.Equal(have, want) {
			t.Errorf("have %v, want %v", have, want)
		}
	}
	if n := w.pool.Idle(); n != 1 {
		t.Errorf("%d coroutines are idle, want the one that was used", n)
	}
}
