package explore_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/moduvex/moduvex-go/core/coretest/explore"
)

// A counter is a model of two agents that add 1 to a number, each in two steps unless the addition is atomic.
type counter struct{ atomic, waits bool }

type counterState struct {
	n      int
	read   [2]int // what an agent has read, plus 1; 0 before that
	done   [2]bool
	broken law
}

type law int

const (
	kept law = iota
	lostNone
	stuck
)

func (counter) Birth() counterState { return counterState{} }

func (c counter) Steps(s counterState, visit func(agent, step string, next counterState)) {
	for i := range s.done {
		next, agent := s, fmt.Sprint("agent ", i)
		switch {
		case s.done[i]:
		case c.waits && i == 1: // it toggles for ever
			next.read[i] = 1 - s.read[i]
			visit(agent, "hesitates", next)
		case c.atomic:
			next.n, next.done[i] = s.n+1, true
			visit(agent, "adds", next)
		case s.read[i] == 0:
			next.read[i] = s.n + 1
			visit(agent, "reads", next)
		default:
			next.n, next.done[i] = s.read[i], true
			visit(agent, "writes", next)
		}
	}
}

func (counter) Key(s *counterState) counterState { return *s }
func (counter) Check(s *counterState)            {}
func (counter) Broken(s *counterState) (l law)   { return s.broken }
func (s counterState) String() string            { return fmt.Sprint(s.n) }
func (counter) CheckEnd(s *counterState) {
	if s.n != 2 {
		s.broken = lostNone
	}
}

func TestRunFindsALostUpdateAndTheShortestWayToIt(t *testing.T) {
	x := explore.Run(counter{}, kept)
	if x.Broken != lostNone {
		t.Fatalf("broken is %v", x.Broken)
	}
	trace := x.Trace()
	if n := strings.Count(trace, "\n"); n != 5 || strings.Index(trace, "writes") < strings.LastIndex(trace, "reads") {
		t.Errorf("the way has %d lines, want the birth, two reads and two writes:\n%s", n, trace)
	}
}

func TestRunVisitsEverythingOfAModelThatKeepsItsLaws(t *testing.T) {
	x := explore.Run(counter{atomic: true}, stuck)
	if x.Broken != kept || x.States != 4 || x.Steps != 4 || x.Ends != 1 {
		t.Errorf("broken %v, %d states, %d steps, %d ends; want none, 4, 4, 1", x.Broken, x.States, x.Steps, x.Ends)
	}
}

func TestRunFindsAStateFromWhichNoEndCanBeReached(t *testing.T) {
	if x := explore.Run(counter{atomic: true, waits: true}, stuck); x.Broken != stuck {
		t.Errorf("broken is %v", x.Broken)
	}
	if x := explore.Run(counter{atomic: true, waits: true}, kept); x.Broken != kept {
		t.Errorf("broken is %v although the law is not checked", x.Broken)
	}
}

func ExampleRun() {
	x := explore.Run(counter{}, stuck)
	fmt.Println(x.Broken == lostNone)
	fmt.Print(x.Trace())
	// Output:
	// true
	// 	0
	// 	agent 0: reads: 0
	// 	agent 1: reads: 0
	// 	agent 0: writes: 1
	// 	agent 1: writes: 1
}
