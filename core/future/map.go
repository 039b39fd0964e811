package future

import "github.com/moduvex/moduvex-go/core"

// Map returns a future that completes with fn(v) when f completes with v. fn runs during that poll, so it
// must not block. Drop drops f unless it has completed: if fn panics there is nothing left to drop. A
// nil f or fn panics.
func Map[A, B any](f core.Future[A], fn func(A) B) core.Future[B] {
	if f == nil {
		panic("future: Map of a nil Future")
	}
	if fn == nil {
		panic("future: Map with a nil function")
	}
	return &mapped[A, B]{f, fn}
}

type mapped[A, B any] struct {
	child core.Future[A] // nil once it has completed
	fn    func(A) B
}

func (m *mapped[A, B]) Poll(cx *core.Context) (value B, ok bool) {
	if m.child == nil {
		panic(polledAgain)
	}
	v, ok := m.child.Poll(cx)
	if !ok {
		return value, false
	}
	m.child = nil
	return m.fn(v), true
}

func (m *mapped[A, B]) Drop() { dropChild(&m.child) }

// Then returns a future that polls f, passes its value to fn, and from then on polls the future that
// fn returns, at once for the first time. fn runs during a poll, so it must not block. Drop drops
// the one of the two that is pending. A nil f or fn panics, and so does the poll in which fn returns
// nil.
func Then[A, B any](f core.Future[A], fn func(A) core.Future[B]) core.Future[B] {
	if f == nil {
		panic("future: Then of a nil Future")
	}
	if fn == nil {
		panic("future: Then with a nil function")
	}
	return &chained[A, B]{first: f, fn: fn}
}

type chained[A, B any] struct {
	first  core.Future[A] // nil once it has completed
	fn     func(A) core.Future[B]
	second core.Future[B] // nil before that, and once it has completed
}

func (c *chained[A, B]) Poll(cx *core.Context) (value B, ok bool) {
	switch {
	case c.first != nil:
		v, ok := c.first.Poll(cx)
		if !ok {
			return value, false
		}
		c.first = nil
		if c.second = c.fn(v); c.second == nil {
			panic("future: the function given to Then returned a nil Future")
		}
	case c.second == nil:
		panic(polledAgain)
	}
	if value, ok = c.second.Poll(cx); ok {
		c.second = nil
	}
	return value, ok
}

func (c *chained[A, B]) Drop() {
	defer dropChild(&c.second)
	dropChild(&c.first)
}
