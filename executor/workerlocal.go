package executor

import (
	"fmt"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
)

// A WorkerLocal is a value that each worker of a runtime has for itself. A task gets the value of the
// worker that it is on, and may use it without a lock up to its next await: no other task runs
// there meanwhile. After an await the task may be on another worker where workers steal, so it calls Get again; where
// tasks stay, and for tasks of [Runtime.On], the value remains the same. The zero WorkerLocal panics.
type WorkerLocal[T any] struct {
	rt    *Runtime
	make  func(worker int) T
	slots []localSlot[T]
}

// A localSlot is the value of one worker. The padding keeps two workers out of each other's cache lines;
// it has 128 bytes because processors fetch lines in pairs.
type localSlot[T any] struct {
	value T
	made  bool
	_     [128]byte
}

// NewWorkerLocal returns a WorkerLocal of rt. The first Get on a worker calls init there, with the number of the
// worker, and keeps its result. A nil init means the zero value. Any goroutine.
func NewWorkerLocal[T any](rt *Runtime, init func(worker int) T) *WorkerLocal[T] {
	return &WorkerLocal[T]{rt: rt, make: init, slots: make([]localSlot[T], rt.Workers())}
}

// Get returns the value of the worker that the task is on; s is the *core.Context or the *coro.Co of
// the task. It panics outside of the tasks of the runtime that l was made for.
func (l *WorkerLocal[T]) Get(s core.Spawner) *T {
	if l == nil || l.rt == nil {
		panic("executor: the WorkerLocal is nil or zero: NewWorkerLocal makes one")
	}
	w := workerOf(s)
	if w == nil || w.rt != l.rt {
		panic(fmt.Sprintf("executor: WorkerLocal.Get with a %T that is of no task of its runtime", s))
	}
	slot := &l.slots[w.id]
	if !slot.made {
		if l.make != nil {
			slot.value = l.make(w.id)
		}
		slot.made = true
	}
	return &slot.value
}

// WorkerID returns the number of the worker that the task is on; s is its *core.Context or *coro.Co. ok is false if s
// belongs to no task of a runtime of this package.
func WorkerID(s core.Spawner) (id int, ok bool) {
	w := workerOf(s)
	if w == nil {
		return 0, false
	}
	return w.id, true
}

func workerOf(s core.Spawner) *worker {
	var h core.Host
	switch s := s.(type) {
	case *core.Context:
		h = s.Worker()
	case *coro.Co:
		h = s.Context().Worker()
	case named:
		return workerOf(s.Spawner)
	}
	w, _ := h.(*worker)
	return w
}
