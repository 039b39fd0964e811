package local

import (
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
)

// Scope returns a future that polls f with value for k. It takes f over, and releases value and f
// when f has completed or is dropped. A nil k or f panics.
func Scope[T, V any](k *Key[V], value V, f core.Future[T]) core.Future[T] {
	if f == nil {
		panic("local: Scope of a nil Future")
	}
	var own *core.Values
	return &scoped[T]{future: f, own: own.With(k.id(), k.wrap(value))}
}

// A Parent has values to inherit: a *coro.Co or a *core.Context.
type Parent interface {
	Values() *core.Values
}

// Inherit returns a future that polls f with all the values that parent has at the call. The caller spawns
// that future in place of f. A nil parent or f panics.
func Inherit[T any](parent Parent, f core.Future[T]) core.Future[T] {
	if parent == nil {
		panic("local: Inherit from a nil Parent")
	}
	if f == nil {
		panic("local: Inherit by a nil Future")
	}
	own := parent.Values()
	if own == nil {
		return f
	}
	return &scoped[T]{future: f, own: own}
}

// InheritBody is [Inherit] for a body in direct style. It returns the body to spawn.
func InheritBody[T any](parent Parent, body func(co *coro.Co) (T, error)) func(co *coro.Co) (T, error) {
	if parent == nil {
		panic("local: InheritBody from a nil Parent")
	}
	if body == nil {
		panic("local: InheritBody by a nil body")
	}
	own := parent.Values()
	if own == nil {
		return body
	}
	return func(co *coro.Co) (value T, err error) {
		err = coro.WithValues(co, own, func(co *coro.Co) (err error) {
			value, err = body(co)
			return err
		})
		return value, err
	}
}

// scoped is a future with values.
type scoped[T any] struct {
	future core.Future[T] // nil once it has completed or was dropped
	own    *core.Values
	// all is what the future sees: own over outer, the values around it at the last poll. Those are nearly
	// always the same as at the first poll, so only the first poll makes a list.
	outer, all *core.Values
}

func (s *scoped[T]) Poll(cx *core.Context) (value T, ok bool) {
	if s.future == nil {
		panic("local: polled after it completed")
	}
	outer := cx.SwapValues(s.all)
	defer cx.SwapValues(outer) // also if the future panics: cx serves other tasks
	if s.all == nil || outer != s.outer {
		s.outer, s.all = outer, s.own.Over(outer)
		cx.SwapValues(s.all)
	}
	if value, ok = s.future.Poll(cx); ok {
		s.release()
	}
	return value, ok
}

// Drop drops the future.
func (s *scoped[T]) Drop() {
	f := s.future
	s.release()
	core.Drop(f)
}

func (s *scoped[T]) release() { *s = scoped[T]{} }
