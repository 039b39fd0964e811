package local

import (
	"fmt"

	"github.com/moduvex/moduvex-go/core/coro"
)

// A Key identifies a task-local of type T by its address: two keys are never the
// same, whatever their names and types, and a key must not be copied. Most keys are package-level
// variables. The zero Key is a key without a name.
type Key[T any] struct {
	name string // makes the size more than zero as well, so that addresses differ
}

// NewKey returns a new key. Its name is for messages.
func NewKey[T any](name string) *Key[T] { return &Key[T]{name} }

// String returns the name, or the type of a key without one.
func (k *Key[T]) String() string {
	if k == nil || k.name == "" {
		return fmt.Sprintf("%T", k)
	}
	return k.name
}

// A Source holds values: a *coro.Co in a body, a *core.Context in a Poll, or any
// context.Context that was derived from a Co.
type Source interface {
	Value(key any) any
}

// With runs body with value for k, and returns the error of body. It is a scope like that of
// coro.WithValue: co.Value(k) is value, for code that knows contexts only. (If value is a nil of an
// interface type, co.Value(k) is not nil, which would mean that there is no value.)
func (k *Key[T]) With(co *coro.Co, value T, body func(co *coro.Co) error) error {
	return coro.WithValue(co, k.id(), k.wrap(value), body)
}

// Get returns the value for k of the innermost scope; ok is false outside any.
func (k *Key[T]) Get(from Source) (value T, ok bool) {
	if from == nil {
		panic(fmt.Sprintf("local: Get of %q from a nil Source", k))
	}
	switch v := from.Value(k.id()).(type) {
	case nilValue:
		return value, true
	case T:
		return v, true
	}
	return value, false
}

// Must is Get for code that requires a value: it panics outside every scope of k.
func (k *Key[T]) Must(from Source) T {
	value, ok := k.Get(from)
	if !ok {
		panic(fmt.Sprintf("local: no value for %q here: it is outside every scope of that key", k))
	}
	return value
}

// nilValue represents a nil of an interface type: a Source returns nil if it has no value.
type nilValue struct{}

func (k *Key[T]) wrap(value T) any {
	if v := any(value); v != nil {
		return v
	}
	return nilValue{}
}

func (k *Key[T]) id() any {
	if k == nil {
		panic("local: a nil Key")
	}
	return k
}
