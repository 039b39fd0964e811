package local

import (
	"fmt"

	"github.com/moduvex/moduvex-go/core/coro"
)

// A Key is the name of a task-local of type T. Its identity is its address: two keys are never the
// same, whatever their names and types, and a key must not be copied. Keys are package-level
// variables, mostly. The zero Key is one without a name.
type Key[T any] struct {
	name string // makes the size more than zero as well, so that addresses differ
}

// NewKey makes a key. Its name is for messages.
func NewKey[T any](name string) *Key[T] { return &Key[T]{name} }

// String returns the name, or the type of a key without one.
func (k *Key[T]) String() string {
	if k == nil || k.name == "" {
		return fmt.Sprintf("%T", k)
	}
	return k.name
}

// A Source is where values are looked up: a *coro.Co in a body, a *core.Context in a Poll, or any
// context.Context that was made from a Co.
type Source interface {
	Value(key any) any
}

// With runs body with value for k, and returns what body returned. It is a scope as that of
// coro.WithValue: co.Value(k) is value, in code that knows contexts only. (For a nil of an
// interface type it is not nil, which would mean that there is no value.)
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

// Must is Get where there has to be a value: outside any scope of k it panics.
func (k *Key[T]) Must(from Source) T {
	value, ok := k.Get(from)
	if !ok {
		panic(fmt.Sprintf("local: no value for %q here: it is outside every scope of that key", k))
	}
	return value
}

// nilValue stands for a nil of an interface type: a Source answers nil if it has no value.
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
