package coro

import (
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/task"
)

// valuesKey is the key of a scope whose value is a *core.Values.
type valuesKey struct{}

// WithValues runs body with all of values, as if each had its own [WithValue] scope. It gives a task the values of
// another task, which [Co.Values] or core.Context has returned.
func WithValues(co *Co, values *core.Values, body func(co *Co) error) error {
	return (&cancelScope{key: valuesKey{}, val: values}).run(co, body)
}

// Values returns the values of the scope and the enclosing scopes, to pass them to another task. They do not change. Any
// goroutine.
func (co *Co) Values() *core.Values { return valuesAt(co.scope) }

func valuesAt(sc *cancelScope) *core.Values {
	for sc != nil && sc.key == nil {
		sc = sc.parent
	}
	if sc == nil {
		return nil
	}
	outer := valuesAt(sc.parent)
	if sc.key == (valuesKey{}) {
		return sc.val.(*core.Values).Over(outer)
	}
	return outer.With(sc.key, sc.val)
}

// lookup returns the value of key in a [WithValues] scope.
func (sc *cancelScope) lookup(key any) (value any, ok bool) {
	if _, ok := sc.key.(valuesKey); !ok {
		return nil, false
	}
	return sc.val.(*core.Values).Lookup(key)
}

// Value implements task.ValueBody: a future that the body awaits sees the values of the body's scopes.
func (c *cell[T, B]) Value(key any) any { return c.innermostCo().Value(key) }

// Values implements task.ValueBody.
func (c *cell[T, B]) Values() *core.Values { return c.innermostCo().Values() }

// innermostCo returns a Co of the innermost scope.
func (c *cell[T, B]) innermostCo() *Co { return &Co{bodyState: &c.bodyState, scope: c.innermost} }

var _ task.ValueBody = (*cell[int, valueBody[int]])(nil)
