package coro

import (
	"runtime"
	"slices"
	"sync/atomic"
)

// A UseCheck tells whether its caller may use the Co that it was made with. It is for values that use a Co which they
// keep, such as a net.Conn, and that answer a use by another goroutine with an error, where a Co would panic.
//
// The body, or an iterator that it drives, calls Init once, and only then the other methods, which any goroutine may
// call at any time. A UseCheck must not be copied after Init.
type UseCheck struct {
	co   *Co
	body bodyGoroutine
}

// A User is what has called a UseCheck.
type User int

const (
	// NoUser is a goroutine that must not use the Co: the body of another task, a goroutine that a go statement has made,
	// or any goroutine once the body has ended.
	NoUser User = iota
	// TheBody is the goroutine of the body itself.
	TheBody
	// AnIterator is an iterator that the body drives through iter.Pull, or one that such an iterator drives.
	AnIterator
)

// Init is a use of co: it panics if it finds that the caller is not the body. It returns what the caller is: TheBody or
// AnIterator.
func (c *UseCheck) Init(co *Co) User {
	co.assertOwner()
	c.co = co
	if co.coroutine.runsBody() {
		c.body.number = goroutineNumber(co.coroutine.pool.text[:])
		return TheBody
	}
	return c.initSlowly()
}

//go:noinline
func (c *UseCheck) initSlowly() User {
	var all []stack
	for s := ownStack(); ; {
		if s.below(bodyFunc()) {
			c.body.number = number(s.id())
			if all == nil {
				return TheBody // on a deep stack
			}
			return AnIterator
		}
		parent, ok := s.pulledBy()
		if ok && all == nil {
			all = parseStacks(allStacks())
		}
		if s = find(all, number(parent)); s == nil {
			panic(textForeign)
		}
	}
}

// User tells what the caller is. It is exact, and takes about a microsecond, or several if the caller is not TheBody: code
// that cannot afford that on each use remembers the caller by a cheaper sign, and asks Over.
func (c *UseCheck) User() User {
	if c.Over() {
		return NoUser
	}
	switch text, iterator := c.body.refusal(); {
	case text != "":
		return NoUser
	case iterator:
		return AnIterator
	}
	return TheBody
}

// Over reports whether the body has ended. Until then its goroutine is the body's alone; after that it runs bodies of other
// tasks, or ends, and the runtime may give what described it to another goroutine. A caller that has found itself to be the
// body's goroutine by such a sign, and then sees that the body is not over, is the body.
func (c *UseCheck) Over() bool { return c.co.over.Load() }

// runsBody reports whether the caller is on the goroutine of a coroutine, in a body, as far as a stack of maxStack frames
// shows it. c is the coroutine that the caller should be on.
//
// A body's stack begins with 2 KB, which suffice for one that waits in a read; so this must need little of it. To find a
// function needs more, and is done once for each type of task and worker: runs remembers the result.
func (c *coroutine) runsBody() bool {
	p := c.pool
	pcs := p.pcs[:] // as in checkUse
	n := runtime.Callers(1, pcs)
	if n == len(pcs) {
		return false
	}
	pcs = pcs[max(n-bodyDepth, 0):n]
	for _, pc := range pcs {
		for _, run := range &p.runs {
			if pc == run {
				return true
			}
		}
	}
	return p.findRun(pcs)
}

// findRun finds cell.run in the last frames of a stack.
//
//go:noinline
func (p *Pool) findRun(pcs []uintptr) bool {
	file, line := declared(bodyFunc()[0])
	for i := len(pcs) - 1; i >= 0; i-- { // the user's frames last: a function that is inlined there allocates
		if f := runtime.FuncForPC(pcs[i] - 1); f != nil {
			if in, at := declared(f); at == line && in == file {
				copy(p.runs[1:], p.runs[:])
				p.runs[0] = pcs[i]
				return true
			}
		}
	}
	return false
}

// maxRuns is how many places in instances of cell.run a pool remembers: two for each type that tasks have.
const maxRuns = 8

// declared returns where f is in the source. That is the same for all instances of a generic function, as the name is, but
// the name takes an allocation.
func declared(f *runtime.Func) (file string, line int) { return f.FileLine(f.Entry()) }

// bodyDepth is how many frames of a coroutine are below the user's, or more: cell.run and loop, and those of iter.Pull
// and of the runtime.
const bodyDepth = 8

// A bodyGoroutine tells the goroutine of a body, and those of the iterators that it drives, from all others.
type bodyGoroutine struct {
	number   uint64
	iterator atomic.Uint64 // the last goroutine that was found to be an iterator of the body
}

// refusal returns the text that says why the caller is not the body, or "" if it is the body or one of its iterators. It
// takes some microseconds unless it is the body; for an iterator of an iterator, and for the first use by that, it lists
// all goroutines.
func (b *bodyGoroutine) refusal() (text string, iterator bool) {
	caller := goroutineNumber(make([]byte, numberLength))
	switch caller {
	case b.number:
		return "", false
	case b.iterator.Load():
		return "", true
	}
	return b.refusalSlowly(caller)
}

// refusalSlowly is not inlined: the body needs no room for it on its stack.
//
//go:noinline
func (b *bodyGoroutine) refusalSlowly(caller uint64) (text string, iterator bool) {
	var all []stack
	for s := ownStack(); ; {
		if s.below(bodyFunc()) {
			return textOther, false
		}
		id, ok := s.pulledBy()
		if !ok {
			return textForeign, false
		}
		parent := number(id)
		if parent == b.number {
			b.iterator.Store(caller)
			return "", true
		}
		if all == nil {
			all = parseStacks(allStacks())
		}
		if s = find(all, parent); s == nil {
			return textForeign, false
		}
	}
}

// goroutineNumber returns the number of the calling goroutine. Numbers are not reused. It writes to text, which is as long
// as numberLength; package runtime lets the text escape.
func goroutineNumber(text []byte) uint64 {
	return number(stack(text[:runtime.Stack(text, false)]).id())
}

// numberLength is the length of "goroutine ", of a number of 64 bits, and of what ends it.
const numberLength = 10 + 20 + 1

// number returns the number that a text of digits shows.
func number(digits []byte) (n uint64) {
	for _, d := range digits {
		n = 10*n + uint64(d-'0')
	}
	return n
}

// ownStack returns the stack of the caller. The runtime omits frames in the middle of a deep one.
func ownStack() stack {
	buf := make([]byte, 1<<13)
	for {
		n := runtime.Stack(buf, false)
		if n < len(buf) {
			return parseStacks(buf[:n])[0]
		}
		buf = make([]byte, 2*len(buf))
	}
}

// find returns the stack of the goroutine with this number, or nil.
func find(all []stack, id uint64) stack {
	i := slices.IndexFunc(all, func(s stack) bool { return number(s.id()) == id })
	if i < 0 {
		return nil
	}
	return all[i]
}
