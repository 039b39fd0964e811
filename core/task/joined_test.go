package task_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/task"
)

// A waker that panics, or exits the goroutine, takes no wake from those behind it.
func TestWakersBehindOneThatFailsAreWoken(t *testing.T) {
	for name, fail := range map[string]func(){"panics": func() { panic("boom") }, "exits": goexit} {
		s := task.New[int](&probe{onPoll: pending})
		var woken []int
		for i := range 5 {
			s.Watch(core.WakerFunc(func() {
				woken = append(woken, i)
				if i == 0 || i == 2 {
					fail()
				}
			}))
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer func() { recover() }()
			s.ForHost().Kill(core.ErrShutdown)
		}()
		<-done
		if len(woken) != 5 || !s.Finished() {
			t.Errorf("one %s: woken are %v", name, woken)
		}
	}
}

func TestJoinedTellsJoinsFromBystanders(t *testing.T) {
	s := task.New[int](&probe{onPoll: pending})
	check := func(what string, want bool) {
		t.Helper()
		if s.ForHost().Joined() != want {
			t.Errorf("%s: joined is %t", what, !want)
		}
	}
	check("no waker", false)
	s.Watch(&passerBy{})
	check("a bystander", false)
	s.Watch(&passerBy{})
	check("two bystanders", false)
	over := task.New[int](&probe{onPoll: pending})
	over.ForHost().Kill(nil)
	s.Watch(over)
	check("a task that is over", false)
	w := core.WakerFunc(func() {})
	s.Watch(w)
	check("a join", true)
	s.Unwatch(w)
	check("one that was given up", false)
	s.Watch(w)
	s.ForHost().Kill(nil)
	check("a task that has ended", false)
}

type passerBy struct{ woken int }

func (p *passerBy) Wake()      { p.woken++ }
func (p *passerBy) Bystander() {}
