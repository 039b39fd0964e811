package executor

import (
	"fmt"
	"slices"

	"github.com/moduvex/moduvex-go/core"
)

// A RuntimeLocal is a key under which each runtime has one value, which all its tasks share. A library finds with it what
// it keeps for a runtime, from the Co or the Context of a task alone; the key is a constant of the library, a package
// variable that does not change. The value lives as long as its runtime, and it guards itself: tasks of several workers
// use it at once. What a worker has for itself is in a [WorkerLocal]. The zero RuntimeLocal panics.
type RuntimeLocal[T any] struct {
	made bool
	init func() T // may be nil
}

// A runtimeLocal is one value of a runtime. The list of them only grows, by a copy; it has one entry for each key that
// the program uses, which are few.
type runtimeLocal struct {
	key   any // the *RuntimeLocal[T]
	value any // the *T
}

// NewRuntimeLocal returns a new key. The first Get in a runtime calls init and keeps its result; init must use no
// RuntimeLocal. A nil init means the zero value.
func NewRuntimeLocal[T any](init func() T) *RuntimeLocal[T] {
	return &RuntimeLocal[T]{true, init}
}

// Get returns the value of a runtime: s is the *core.Context or the *coro.Co of one of its tasks, or, on any goroutine
// and also after the runtime has ended, the *Runtime itself. It panics with any other s.
func (l *RuntimeLocal[T]) Get(s core.Spawner) *T {
	if l == nil || !l.made {
		panic("executor: the RuntimeLocal is nil or zero: NewRuntimeLocal makes one")
	}
	rt, ok := s.(*Runtime)
	if ok {
		rt.assertMade()
	} else if w := workerOf(s); w != nil {
		rt = w.rt
	} else {
		panic(fmt.Sprintf("executor: RuntimeLocal.Get with a %T that is of no task of a runtime", s))
	}
	if list := rt.locals.Load(); list != nil {
		for i := range *list {
			if e := &(*list)[i]; e.key == any(l) {
				return e.value.(*T)
			}
		}
	}
	return l.first(rt)
}

// first makes the value of rt, unless another goroutine has.
func (l *RuntimeLocal[T]) first(rt *Runtime) *T {
	rt.localsMu.Lock()
	defer rt.localsMu.Unlock()
	var list []runtimeLocal
	if have := rt.locals.Load(); have != nil {
		list = *have
	}
	for _, e := range list {
		if e.key == any(l) {
			return e.value.(*T)
		}
	}
	value := new(T)
	if l.init != nil {
		*value = l.init()
	}
	list = append(slices.Clone(list), runtimeLocal{l, value})
	rt.locals.Store(&list)
	return value
}
