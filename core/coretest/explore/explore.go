// Package explore checks models of concurrent protocols. A model is a set of agents whose steps are atomic; [Run] makes
// their steps in every order, visits every state that can be reached, and finds the first state or step that breaks a
// law of the model, with a shortest way to it.
//
// A model suits a protocol over a few words, such as the state of a task or the word that says which workers sleep:
// hundreds of thousands of states take about a second.
package explore

import (
	"fmt"
	"slices"
	"strings"
)

// A Model is a set of agents and the laws that they keep. S is a state: everything that decides which steps are possible,
// with the law that was broken on the way to it, if any. K is the part of a state that identifies it. L is a
// law, and its zero value says that none is broken.
type Model[S any, K, L comparable] interface {
	// Birth returns the first state.
	Birth() S
	// Steps calls visit for each step that is possible in s: with the agent, what it does, and the state that follows.
	Steps(s S, visit func(agent, step string, next S))
	// Key brings s into a normal form, in which states that differ only by the names of equal agents are the same, and
	// returns its key.
	Key(s *S) K
	// Check notes in s the law that s breaks. Run calls it once for each state.
	Check(s *S)
	// CheckEnd is Check for a state that no step leaves.
	CheckEnd(s *S)
	// Broken returns the law that was noted in s.
	Broken(s *S) L
}

// An Exploration is what Run has visited.
type Exploration[S any, K, L comparable] struct {
	States int
	Steps  int
	Ends   int // states that no step leaves
	Depth  int // steps to the farthest state
	Broken L   // the law that is broken

	model   Model[S, K, L]
	visited map[K]uint32
	path    []edge      // how each state was reached first, in the order of discovery
	edges   [][2]uint32 // all steps, if ways to an end are wanted
	ends    []uint32
	later   []numbered[S]
}

// An edge is a step from one state to another: the number of the first state, and which of the steps possible in it.
type edge struct {
	from, which uint32
}

// noStep is the edge to a state in which a law was found broken later.
const noStep = 1<<32 - 1

type numbered[S any] struct {
	state S
	n     uint32
}

// Run explores m, breadth first, until all states were visited or a law is broken. stuck, unless it is zero, is the law
// that an end can be reached from every state; Run checks it last.
func Run[S any, K, L comparable](m Model[S, K, L], stuck L) *Exploration[S, K, L] {
	var kept L
	x := &Exploration[S, K, L]{model: m, visited: make(map[K]uint32)}
	var now []numbered[S]
	x.add(m.Birth(), 0, 0)
	for len(x.later) > 0 && x.Broken == kept {
		x.Depth++
		now, x.later = x.later, now[:0]
		for i := range now {
			if x.expand(&now[i], stuck != kept); x.Broken != kept {
				break
			}
		}
	}
	x.States = len(x.visited)
	if x.Broken == kept && stuck != kept {
		x.checkWays(stuck)
	}
	x.later, x.edges = nil, nil
	return x
}

// expand makes every step that is possible in s.
func (x *Exploration[S, K, L]) expand(s *numbered[S], keepEdges bool) {
	var kept L
	which, moved := uint32(0), false
	x.model.Steps(s.state, func(_, _ string, next S) {
		x.Steps++
		if x.Broken == kept {
			n := x.add(next, s.n, which)
			if keepEdges {
				x.edges = append(x.edges, [2]uint32{s.n, n})
			}
			moved = moved || n != s.n
		}
		which++
	})
	if moved || x.Broken != kept {
		return
	}
	x.Ends++
	x.ends = append(x.ends, s.n)
	x.model.CheckEnd(&s.state)
	if x.Broken = x.model.Broken(&s.state); x.Broken != kept {
		x.path = append(x.path, edge{s.n, noStep})
	}
}

// add makes s one of the states to expand, unless it was visited, checks it, and returns its number.
func (x *Exploration[S, K, L]) add(s S, from, which uint32) uint32 {
	var kept L
	k := x.model.Key(&s)
	if n, ok := x.visited[k]; ok && x.model.Broken(&s) == kept {
		return n
	}
	n := uint32(len(x.path))
	x.visited[k] = n
	x.path = append(x.path, edge{from, which})
	x.model.Check(&s)
	x.Broken = x.model.Broken(&s)
	x.later = append(x.later, numbered[S]{s, n})
	return n
}

// checkWays looks for a state from which no end can be reached, by walking back from the ends.
func (x *Exploration[S, K, L]) checkWays(stuck L) {
	first := make([]uint32, len(x.path)+1) // where the edges to each state begin in from
	for _, e := range x.edges {
		first[e[1]+1]++
	}
	for i := range x.path {
		first[i+1] += first[i]
	}
	from, next := make([]uint32, len(x.edges)), slices.Clone(first)
	for _, e := range x.edges {
		from[next[e[1]]] = e[0]
		next[e[1]]++
	}
	reaches := make([]bool, len(x.path))
	todo := slices.Clone(x.ends)
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		if todo = todo[:len(todo)-1]; reaches[n] {
			continue
		}
		reaches[n] = true
		todo = append(todo, from[first[n]:first[n+1]]...)
	}
	if n := slices.Index(reaches, false); n >= 0 {
		x.Broken = stuck
		x.path = append(x.path, edge{uint32(n), noStep})
	}
}

// Trace makes the steps to the broken law again and returns them as text, a line each.
func (x *Exploration[S, K, L]) Trace() string {
	var steps []uint32
	for n := uint32(len(x.path) - 1); n > 0; n = x.path[n].from {
		if w := x.path[n].which; w != noStep {
			steps = append(steps, w)
		}
	}
	var out strings.Builder
	s := x.model.Birth()
	fmt.Fprintf(&out, "\t%v\n", s)
	for _, which := range slices.Backward(steps) {
		x.model.Key(&s)
		var to S
		n := uint32(0)
		x.model.Steps(s, func(agent, step string, next S) {
			if n == which {
				to = next
				fmt.Fprintf(&out, "\t%s: %s: %v\n", agent, step, next)
			}
			n++
		})
		s = to
	}
	return out.String()
}
