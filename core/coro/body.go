package coro

import (
	"reflect"

	"github.com/moduvex/moduvex-go/core"
)

// A body is a function that a task runs, with what it needs besides the Co. The kinds below are types, not
// closures around the function: so a task is one allocation for each of them, and knows its function's name.
type body[T any] interface {
	call(co *Co) (T, error)
	pc() uintptr // of the function that the user wrote
}

// A valueBody returns a value.
type valueBody[T any] func(co *Co) (T, error)

func (b valueBody[T]) call(co *Co) (T, error) { return b(co) }
func (b valueBody[T]) pc() uintptr            { return reflect.ValueOf(b).Pointer() }

// An errorBody returns an error only: its value is the zero T.
type errorBody[T any] func(co *Co) error

func (b errorBody[T]) call(co *Co) (value T, err error) { return value, b(co) }
func (b errorBody[T]) pc() uintptr                      { return reflect.ValueOf(b).Pointer() }

// An owningBody takes the resource of owner before it runs.
type owningBody[T any, B body[T]] struct {
	body  B
	owner *owner
}

func (b owningBody[T, B]) call(co *Co) (value T, err error) {
	if !b.owner.take() {
		return value, core.ErrShutdown
	}
	b.owner.r = nil
	return b.body.call(co)
}

func (b owningBody[T, B]) pc() uintptr { return b.body.pc() }

// An inheritingBody sees values as its own.
type inheritingBody[T any, B body[T]] struct {
	body   B
	values *core.Values
}

func (b inheritingBody[T, B]) call(co *Co) (value T, err error) {
	err = WithValues(co, b.values, func(co *Co) (err error) {
		value, err = b.body.call(co)
		return err
	})
	return value, err
}

func (b inheritingBody[T, B]) pc() uintptr { return b.body.pc() }
