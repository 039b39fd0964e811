package future_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/future"
)

// combinators lists a way to put children into each combinator, for the laws that all must keep.
var combinators = []struct {
	name     string
	children int
	combine  func(fs []core.Future[int]) core.Future[any]
}{
	{"Map", 1, func(fs []core.Future[int]) core.Future[any] {
		return erase(future.Map(fs[0], func(v int) int { return v }))
	}},
	{"Then, first", 1, func(fs []core.Future[int]) core.Future[any] {
		return erase(future.Then(fs[0], func(v int) core.Future[int] { return future.Ready(v) }))
	}},
	{"Then, second", 1, func(fs []core.Future[int]) core.Future[any] {
		return erase(future.Then(future.Ready(1), func(int) core.Future[int] { return fs[0] }))
	}},
	{"Join2", 2, func(fs []core.Future[int]) core.Future[any] {
		return erase(future.Join2(fs[0], fs[1]))
	}},
	{"Join3", 3, func(fs []core.Future[int]) core.Future[any] {
		return erase(future.Join3(fs[0], fs[1], fs[2]))
	}},
	{"JoinAll of few", 4, func(fs []core.Future[int]) core.Future[any] {
		return erase(future.JoinAll(fs))
	}},
	{"JoinAll of many", 40, func(fs []core.Future[int]) core.Future[any] {
		return erase(future.JoinAll(fs))
	}},
	{"Race", 4, func(fs []core.Future[int]) core.Future[any] {
		return erase(future.Race(fs...))
	}},
	{"Select2", 2, func(fs []core.Future[int]) core.Future[any] {
		return erase(future.Select2(fs[0], fs[1]))
	}},
	{"nested", 4, func(fs []core.Future[int]) core.Future[any] {
		return erase(future.Join2(future.Race(fs[0], fs[1]), future.Select2(
			future.Map(fs[2], func(v int) int { return v }),
			future.JoinAll(fs[3:]))))
	}},
}

// fates are the possible results of a poll of a child.
var fates = map[string]func(*probe){
	"pending": func(*probe) {},
	"ready":   func(p *probe) { p.ready = true },
	"panics":  func(p *probe) { p.boom = "boom" },
}

// eachFate calls f with every assignment of fates to the first children of ps, at most three of
// them, and a name for it.
func eachFate(t *testing.T, children int, f func(name string, ps []*probe)) {
	names := []string{"pending", "ready", "panics"}
	varied := min(children, 3)
	total := 1
	for range varied {
		total *= len(names)
	}
	for code := range total {
		ps, chosen := probes(t, children), ""
		for i, c := 0, code; i < varied; i, c = i+1, c/len(names) {
			fate := names[c%len(names)]
			fates[fate](ps[i])
			chosen += " " + fate
		}
		f(chosen, ps)
	}
}

// TestDropReachesEachPendingChildOnce drops each combinator at each moment, with children of
// every fate, in a task, which contains the panics.
func TestDropReachesEachPendingChildOnce(t *testing.T) {
	for _, c := range combinators {
		for polls := range 4 {
			if polls == 0 && c.name == "Then, second" {
				continue // it has no second before its first poll
			}
			eachFate(t, c.children, func(fates string, ps []*probe) {
				h, s := spawn(t, c.combine(futures(ps)))
				for range polls {
					s.Wake()
					h.Step()
				}
				if polls%2 == 0 {
					s.Abort()
					h.Run()
				}
				h.Close()
				for i, p := range ps {
					p.settled(t, fmt.Sprintf("%s: children%s: %d polls: child %d", c.name, fates, polls, i))
				}
			})
		}
	}
}

func TestDropReachesTheOthersWhenOneDropPanics(t *testing.T) {
	for _, c := range combinators {
		for bad := range c.children {
			ps := probes(t, c.children)
			ps[bad].bang = "bang"
			h, _ := spawn(t, c.combine(futures(ps)))
			h.Step()
			h.Close()
			for i, p := range ps {
				p.settled(t, fmt.Sprintf("%s: child %d panics in Drop: child %d", c.name, bad, i))
			}
		}
		ps := probes(t, c.children)
		for _, p := range ps {
			p.bang = "bang"
		}
		h, _ := spawn(t, c.combine(futures(ps)))
		h.Step()
		h.Close()
		for i, p := range ps {
			p.settled(t, fmt.Sprintf("%s: all panic in Drop: child %d", c.name, i))
		}
	}
}

// TestLoserThatPanicsInDrop: the winner's value is lost to the panic, and no child is dropped twice.
func TestLoserThatPanicsInDrop(t *testing.T) {
	for _, c := range combinators[len(combinators)-3:] { // Race, Select2, nested
		ps := probes(t, c.children)
		ps[0].ready, ps[1].bang = true, "bang"
		h, s := spawn(t, c.combine(futures(ps)))
		h.Run()
		if _, err, done := s.Take(); !done || err == nil {
			t.Errorf("%s: have %v, %t, want the panic", c.name, err, done)
		}
		for i, p := range ps {
			p.settled(t, fmt.Sprintf("%s: child %d", c.name, i))
		}
	}
}

// TestCompletedCombinatorHoldsNoChild: after it has completed, a combinator holds no child, even for a caller
// that breaks the rules and drops it.
func TestCompletedCombinatorHoldsNoChild(t *testing.T) {
	for _, c := range combinators {
		ps := probes(t, c.children)
		for _, p := range ps {
			p.ready = true
		}
		f := c.combine(futures(ps))
		run(t, f)
		core.Drop(f)
		core.Drop(f)
		for i, p := range ps {
			p.settled(t, fmt.Sprintf("%s: child %d", c.name, i))
		}
	}
}

func TestDropOrderIsThatOfTheArguments(t *testing.T) {
	for _, c := range combinators[:len(combinators)-1] {
		var order []int
		fs := make([]core.Future[int], c.children)
		for i := range fs {
			fs[i] = dropNote{func() { order = append(order, i) }}
		}
		h, _ := spawn(t, c.combine(fs))
		h.Step()
		h.Close()
		if len(order) != c.children || !slices.IsSorted(order) {
			t.Errorf("%s: dropped in the order %v", c.name, order)
		}
	}
}

type dropNote struct{ note func() }

func (dropNote) Poll(*core.Context) (int, bool) { return 0, false }
func (d dropNote) Drop()                        { d.note() }

// TestFunctionThatPanics: the child has completed by then, and must not be dropped.
func TestFunctionThatPanics(t *testing.T) {
	for name, combine := range map[string]func(core.Future[int]) core.Future[int]{
		"Map": func(f core.Future[int]) core.Future[int] { return future.Map(f, func(int) int { panic("boom") }) },
		"Then": func(f core.Future[int]) core.Future[int] {
			return future.Then(f, func(int) core.Future[int] { panic("boom") })
		},
		"Then of nil": func(f core.Future[int]) core.Future[int] {
			return future.Then(f, func(int) core.Future[int] { return nil })
		},
	} {
		p := &probe{t: t, ready: true}
		h, s := spawn(t, combine(p))
		h.Run()
		if _, err, done := s.Take(); !done || err == nil {
			t.Errorf("%s: have %v, %t, want the panic", name, err, done)
		}
		p.settled(t, name)
	}
}

func TestNilArgumentsPanicAtConstruction(t *testing.T) {
	var none core.Future[int]
	some := future.Ready(1)
	for want, construct := range map[string]func(){
		"future: Func of a nil function":                         func() { future.Func[int](nil) },
		"future: Map of a nil Future":                            func() { future.Map(none, func(int) int { return 0 }) },
		"future: Map with a nil function":                        func() { future.Map[int, int](some, nil) },
		"future: Then of a nil Future":                           func() { future.Then(none, func(int) core.Future[int] { return some }) },
		"future: Then with a nil function":                       func() { future.Then[int, int](some, nil) },
		"future: Join2 with a nil first Future":                  func() { future.Join2(none, some) },
		"future: Join2 with a nil second Future":                 func() { future.Join2(some, none) },
		"future: Join3 with a nil first Future":                  func() { future.Join3(none, some, some) },
		"future: Join3 with a nil second Future":                 func() { future.Join3(some, none, some) },
		"future: Join3 with a nil third Future":                  func() { future.Join3(some, some, none) },
		"future: JoinAll with a nil Future at index 1":           func() { future.JoinAll([]core.Future[int]{some, nil}) },
		"future: Race with a nil Future at index 2":              func() { future.Race(some, some, nil) },
		"future: Race of no Futures, which would never complete": func() { future.Race[int]() },
		"future: Select2 with a nil first Future":                func() { future.Select2(none, some) },
		"future: Select2 with a nil second Future":               func() { future.Select2(some, none) },
	} {
		mustPanic(t, want, construct)
	}
}

func TestPollAfterTheAnswerPanics(t *testing.T) {
	for _, c := range combinators {
		ps := probes(t, c.children)
		for _, p := range ps {
			p.ready = true
		}
		f := c.combine(futures(ps))
		cx := core.NewContext(newHost(t))
		cx.ForHost().Begin(core.WakerFunc(func() {}))
		if _, ok := f.Poll(cx); !ok {
			t.Fatalf("%s: pending, want the value", c.name)
		}
		mustPanic(t, "future: polled after it completed", func() { f.Poll(cx) })
	}
}
