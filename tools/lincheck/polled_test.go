package lincheck_test

import (
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
)

// A polled is a future whose polls and drop are recorded. It may poll without a wake, and may
// drop the future before it is ready.
type polled[T any] struct {
	c     *client
	f     core.Future[T]
	op    any
	drop  func(begin, end int64) // records the drop, if that has an effect
	what  func(v T) any          // the result
	wait  any                    // the result of a poll that is pending
	begun bool                   // it was polled
	polls int                    // it drops f after so many pending polls; 0 means never
}

// An attempt is the result of a polled: gaveUp says that it has no value.
type attempt[T any] struct {
	value  T
	gaveUp bool
}

// Poll implements core.Future.
func (p *polled[T]) Poll(cx *core.Context) (a attempt[T], ok bool) {
	if cx.Budget() == 0 {
		_, ok = p.f.Poll(cx) // does nothing but yield
		return a, ok
	}
	p.begun = true
	begin := p.c.Now()
	a.value, ok = p.f.Poll(cx)
	end := p.c.Now()
	if ok {
		p.c.Add(begin, end, p.op, p.what(a.value))
		return a, true
	}
	p.c.Add(begin, end, p.op, p.wait)
	switch p.polls {
	case 0:
	case 1:
		p.Drop()
		a.gaveUp = true
		return a, true
	default:
		p.polls--
		cx.Yield()
	}
	return a, false
}

// Drop implements core.Dropper.
func (p *polled[T]) Drop() {
	begin := p.c.Now()
	core.Drop(p.f)
	if p.begun && p.drop != nil {
		p.drop(begin, p.c.Now())
	}
}

// await awaits p, for a number of polls or until it is ready, where others may cancel it. ok is false if there is no
// value.
func (p *polled[T]) await(co *coro.Co) (value T, ok bool) {
	if p.c.one(2) {
		p.polls = 1 + p.c.rnd.IntN(8)
	}
	p.c.cancellable(co, func(co *coro.Co) {
		a, err := coro.Await[attempt[T]](co, p)
		value, ok = a.value, err == nil && !a.gaveUp
	})
	return value, ok
}
