package task

import "github.com/moduvex/moduvex-go/core"

// A ValueBody is a Body with values of its own, for the futures that it polls: core.Context finds them.
// Only the runner asks.
type ValueBody interface {
	Body
	// Value returns the value for key, or nil.
	Value(key any) any
	// Values returns all of them.
	Values() *core.Values
}

// LocalValue returns the value that the body has for key, or nil. It is for core.Context.
func (t *Task) LocalValue(key any) any {
	if b, ok := t.body.(ValueBody); ok {
		return b.Value(key)
	}
	return nil
}

// LocalValues returns all values of the body. It is for core.Context.
func (t *Task) LocalValues() *core.Values {
	if b, ok := t.body.(ValueBody); ok {
		return b.Values()
	}
	return nil
}
