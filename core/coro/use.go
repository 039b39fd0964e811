package coro

import (
	"bytes"
	"runtime"
	"slices"

	"github.com/moduvex/moduvex-go/core/task"
)

// This file finds uses of a Co that are not its body's.
//
// A foreign goroutine that awaits with a Co switches places with the body, for good. An exact check costs more
// than an await, so there are four checks:
//
//   - Always: a use while the body is suspended or over.
//   - Always, at every 256th use: a use by a goroutine of a go statement, which is told by the function that
//     it begins with. An iterator that the body drives through iter.Pull is not one, and may await; neither
//     is the body of another task.
//   - Where [PoolOptions].CheckUses says so, at every use, and exactly: it must be by the goroutine of the
//     body's coroutine, or of an iterator that this has made.
//   - Under the race detector: each use writes to the coroutine, and the body's and a foreign one race.

const (
	textOutside = "coro: a Co was used outside its body: from another goroutine, or after the end"
	textForeign = "coro: a Co was used from a goroutine that is not its body's"
	textOther   = "coro: a Co was used by the body of another task, which has one of its own"
)

// own panics if the caller is known not to be the body.
func (s *strand) own() {
	c := s.coroutine
	if c == nil {
		panic(textOutside)
	}
	c.uses++ // before the look at the state: for the race detector
	if s.task.State() != task.Running && !s.dropping {
		panic(textOutside)
	}
	if c.uses&c.look == 0 {
		s.checkUse(c)
	}
}

// useSample is how often the stack is looked at, in uses: this spreads 1 ns over each. It is a power of two.
const useSample = 256

// maxStack is how many frames checkUse looks at. Deeper ones hide the start of the goroutine, so nothing is
// said about them.
const maxStack = 64

// checkUse panics if it finds that the caller's goroutine is not the body's.
//
//go:noinline
func (s *strand) checkUse(c *coroutine) {
	if c.id != nil {
		c.checkExactly()
		return
	}
	pcs := poolOf(s.cx.Worker()).pcs[:] // of the worker it is on: the scratch has one user at a time
	if n := runtime.Callers(1, pcs); n < len(pcs) && !pulled(pcs[:n]) {
		panic(textForeign)
	}
}

// goroutineID returns the number of the calling goroutine, which no other has after it.
func goroutineID() []byte {
	text := make([]byte, 64)
	return slices.Clone(stack(text[:runtime.Stack(text, false)]).id())
}

// checkExactly takes some microseconds, and in an iterator, when it is new, a list of all goroutines.
func (c *coroutine) checkExactly() {
	id := goroutineID()
	if bytes.Equal(id, c.id) || bytes.Equal(id, c.iterator) {
		return
	}
	all := parseStacks(allStacks())
	for s := all[0]; ; { // the caller's comes first
		if s.below(bodyFunc()) {
			panic(textOther)
		}
		parent, ok := s.pulledBy()
		if !ok {
			panic(textForeign)
		}
		if bytes.Equal(parent, c.id) {
			c.iterator = id
			return
		}
		i := slices.IndexFunc(all, func(s stack) bool { return bytes.Equal(s.id(), parent) })
		if i < 0 {
			panic(textForeign)
		}
		s = all[i]
	}
}

func bodyFunc() []*runtime.Func { return pollFuncs()[:1] }
