package future

import (
	"math/bits"

	"github.com/moduvex/moduvex-go/core"
)

// A Winner is the value of [Race]: the value of the first future to complete, and its index among
// the arguments.
type Winner[T any] struct {
	Index int
	Value T
}

// Race returns a future that completes as soon as one of fs has. It drops the others before it
// completes, in the order of the arguments. Each poll begins at an index drawn from the host's
// random source, so that no future is preferred if several are ready, and a
// seeded host repeats the choice. Drop drops all of fs. No fs at all, or a nil one, panics.
//
// Race copies fs and does not keep it.
func Race[T any](fs ...core.Future[T]) core.Future[Winner[T]] {
	if len(fs) == 0 {
		panic("future: Race of no Futures, which would never complete")
	}
	return &race[T]{cloneOf("Race", fs)}
}

type race[T any] struct {
	children []core.Future[T] // nil once one has completed
}

func (r *race[T]) Poll(cx *core.Context) (w Winner[T], ok bool) {
	n := len(r.children)
	if n == 0 {
		panic(polledAgain)
	}
	i := draw(cx, n)
	for range n {
		if v, ok := r.children[i].Poll(cx); ok {
			r.children[i] = nil
			r.Drop()
			return Winner[T]{i, v}, true
		}
		if i++; i == n {
			i = 0
		}
	}
	return w, false
}

func (r *race[T]) Drop() {
	children := r.children
	r.children = nil
	dropChildren(children)
}

// draw returns a random number below n, each with a probability that differs by less than n/2^64.
func draw(cx *core.Context, n int) int {
	hi, _ := bits.Mul64(cx.Worker().Rand(), uint64(n))
	return int(hi)
}

// An Either is the value of [Select2]. Index says which of the two completed: 0 for First, 1 for
// Second. The other field is zero.
type Either[A, B any] struct {
	Index  int
	First  A
	Second B
}

// Select2 is [Race] for two futures of different types.
func Select2[A, B any](a core.Future[A], b core.Future[B]) core.Future[Either[A, B]] {
	if a == nil {
		panic("future: Select2 with a nil first Future")
	}
	if b == nil {
		panic("future: Select2 with a nil second Future")
	}
	return &select2[A, B]{a, b}
}

type select2[A, B any] struct {
	a core.Future[A] // both are nil once one has completed
	b core.Future[B]
}

func (s *select2[A, B]) Poll(cx *core.Context) (out Either[A, B], ok bool) {
	if s.a == nil && s.b == nil {
		panic(polledAgain)
	}
	if draw(cx, 2) == 0 {
		ok = s.pollFirst(cx, &out) || s.pollSecond(cx, &out)
	} else {
		ok = s.pollSecond(cx, &out) || s.pollFirst(cx, &out)
	}
	return out, ok
}

func (s *select2[A, B]) pollFirst(cx *core.Context, out *Either[A, B]) bool {
	v, ok := s.a.Poll(cx)
	if ok {
		s.a = nil
		dropChild(&s.b)
		out.Index, out.First = 0, v
	}
	return ok
}

func (s *select2[A, B]) pollSecond(cx *core.Context, out *Either[A, B]) bool {
	v, ok := s.b.Poll(cx)
	if ok {
		s.b = nil
		dropChild(&s.a)
		out.Index, out.Second = 1, v
	}
	return ok
}

func (s *select2[A, B]) Drop() {
	defer dropChild(&s.b)
	dropChild(&s.a)
}
