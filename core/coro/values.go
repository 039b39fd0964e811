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

// Values returns the values of the scope and the enclosing scopes, to pass them to another task. They do not change. The
// context of a [WithContext] scope is among them, with all of its values. Any goroutine.
func (co *Co) Values() *core.Values { return valuesAt(co.scope, 0) }

// valuesAt returns the values of sc and the scopes around it down to the depth asked, where a context has looked.
func valuesAt(sc *cancelScope, asked uint32) *core.Values {
	for sc != nil && sc.key == nil {
		sc = sc.parent
	}
	if sc == nil || sc.depth <= asked {
		return nil
	}
	switch v := sc.val.(type) {
	case *contextScope:
		if sc.key == (contextKey{}) {
			return valuesAt(sc.parent, max(asked, v.around)).WithContext(v.ctx)
		}
	case *core.Values:
		if sc.key == (valuesKey{}) {
			return v.Over(valuesAt(sc.parent, asked))
		}
	}
	return valuesAt(sc.parent, asked).With(sc.key, sc.val)
}

// Value implements task.ValueBody: a future that the body awaits sees the values of the body's scopes.
func (c *cell[T, B]) Value(key any) any { return c.innermostCo().Value(key) }

// Values implements task.ValueBody.
func (c *cell[T, B]) Values() *core.Values { return c.innermostCo().Values() }

// innermostCo returns a Co of the innermost scope.
func (c *cell[T, B]) innermostCo() *Co { return &Co{bodyState: &c.bodyState, scope: c.innermost} }

var _ task.ValueBody = (*cell[int, valueBody[int]])(nil)
