package coro

import (
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/task"
)

// several is the key of a scope whose value is a *core.Values.
type several struct{}

// WithValues runs body with all of values, as if each had a [WithValue] scope of its own. It is how
// a task goes on with the values of another, which has got them from [Co.Values] or from
// core.Context.
func WithValues(co *Co, values *core.Values, body func(co *Co) error) error {
	return (&cancelScope{key: several{}, val: values}).run(co, body)
}

// Values returns the values of all scopes around, for another task to go on with. They stay as they
// are. Any goroutine.
func (co *Co) Values() *core.Values { return valuesAt(co.view) }

func valuesAt(sc *cancelScope) *core.Values {
	for sc != nil && sc.key == nil {
		sc = sc.parent
	}
	if sc == nil {
		return nil
	}
	outer := valuesAt(sc.parent)
	if sc.key == (several{}) {
		return sc.val.(*core.Values).Over(outer)
	}
	return outer.With(sc.key, sc.val)
}

// among looks key up in a scope of several values.
func (sc *cancelScope) among(key any) (value any, ok bool) {
	if _, ok := sc.key.(several); !ok {
		return nil, false
	}
	return sc.val.(*core.Values).Lookup(key)
}

// Value makes the values of the scopes that the body is in visible to the futures that it awaits.
func (c *cell[T, B]) Value(key any) any { return c.inside().Value(key) }

// Values is Value for all keys.
func (c *cell[T, B]) Values() *core.Values { return c.inside().Values() }

// inside is the Co of the innermost scope.
func (c *cell[T, B]) inside() *Co { return &Co{strand: &c.strand, view: c.scope} }

var _ task.ValueBody = (*cell[int, valueBody[int]])(nil)
