package coro

//lint:file-ignore U1000 staticcheck does not see that cell calls the methods, through a type parameter

import (
	"reflect"

	"github.com/moduvex/moduvex-go/core"
)

// A body is a function that a task runs, with what it needs besides the Co. The kinds below are types, not
// closures around the function: so a task is one allocation for each of them, and knows its function's name.
//
// A stack begins with 2 KB, and one that has to grow takes 4 KB as long as the body waits. So the function is called
// by cell.run itself: functions returns it, and no frame of this package but run's is below the user's.
type body[T any] interface {
	// take returns the Co that the body begins with, which is co or that of a scope, or nil if the body does not begin: what
	// it is to own was not there to be taken.
	take(co *Co) *Co
	// functions returns one function, the other one is nil.
	functions() (value func(co *Co) (T, error), do func(co *Co) error)
	pc() uintptr // of the function that the user wrote
}

// A valueBody returns a value.
type valueBody[T any] func(co *Co) (T, error)

func (b valueBody[T]) take(co *Co) *Co                                    { return co }
func (b valueBody[T]) functions() (func(*Co) (T, error), func(*Co) error) { return b, nil }
func (b valueBody[T]) pc() uintptr                                        { return pcOf(b) }

// An errorBody returns an error only: its value is the zero T.
type errorBody[T any] func(co *Co) error

func (b errorBody[T]) take(co *Co) *Co                                    { return co }
func (b errorBody[T]) functions() (func(*Co) (T, error), func(*Co) error) { return nil, b }
func (b errorBody[T]) pc() uintptr                                        { return pcOf(b) }

// A callingBody is a valueBody around another function.
type callingBody[T any] struct {
	valueBody[T]
	called uintptr
}

func (b callingBody[T]) pc() uintptr { return b.called }

// pcOf returns the entry of the function fn.
func pcOf(fn any) uintptr { return reflect.ValueOf(fn).Pointer() }

// An owningBody takes the resource of owner before it runs.
type owningBody[T any, B body[T]] struct {
	body  B
	owner *owner
}

func (b owningBody[T, B]) take(co *Co) *Co {
	if !b.owner.take() {
		return nil
	}
	r, begins := b.owner.r, false
	b.owner.r = nil
	defer func() {
		if !begins { // the context of the task has panicked
			_ = r.Close()
		}
	}()
	co = b.body.take(co)
	begins = true
	return co
}

func (b owningBody[T, B]) functions() (func(*Co) (T, error), func(*Co) error) {
	return b.body.functions()
}
func (b owningBody[T, B]) pc() uintptr { return b.body.pc() }

// An inheritingBody sees values as its own.
type inheritingBody[T any, B body[T]] struct {
	body   B
	values *core.Values
}

func (b inheritingBody[T, B]) take(co *Co) *Co { return b.body.take(co) }

func (b inheritingBody[T, B]) functions() (func(*Co) (T, error), func(*Co) error) {
	value, do := b.body.functions()
	if do != nil {
		return nil, func(co *Co) error { return WithValues(co, b.values, do) }
	}
	return func(co *Co) (v T, err error) {
		err = WithValues(co, b.values, func(co *Co) (err error) {
			v, err = value(co)
			return err
		})
		return v, err
	}, nil
}

func (b inheritingBody[T, B]) pc() uintptr { return b.body.pc() }
