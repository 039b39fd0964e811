package runq

import "github.com/moduvex/moduvex-go/core/task"

// A Local holds the ready tasks of one worker. The worker's goroutine calls its methods.
//
// The fields are exported for the loop of the worker, which writes out what Next does for the sake of a call less.
type Local struct {
	Slot    Slot     // the task that another task woke last; it goes before all others
	Bound   FIFO     // the tasks that are bound to the worker
	Stealer *Stealer // the tasks that are not; nil where workers do not steal

	home *task.Home // of the bound tasks
}

// Init makes l that of the next worker, from number 0 on, whose bound tasks have the given home. shared is nil where
// workers do not steal. seed and the worker's number determine where it searches first.
func (l *Local) Init(home *task.Home, shared *Shared, seed uint64) {
	l.home = home
	if shared != nil {
		l.Stealer = shared.newStealer(l, seed)
	}
}

// Push puts t, which has become ready on the worker, behind the others.
func (l *Local) Push(t *task.Task) {
	if t.ForHost().Home() == l.home {
		l.Bound.Push(t)
		return
	}
	l.Stealer.private.Push(t)
	l.Stealer.offer()
}

// PushWoken is Push for a task that was woken: see [FIFO.PushWoken].
func (l *Local) PushWoken(t *task.Task) {
	if t.ForHost().Home() == l.home {
		l.Bound.PushWoken(t)
		return
	}
	l.Stealer.private.PushWoken(t)
	l.Stealer.offer()
}

// PutFirst puts t into the slot, in front of the others. The task that was in the slot goes to the back.
func (l *Local) PutFirst(t *task.Task) {
	if displaced := l.Slot.Put(t); displaced != nil {
		l.PushWoken(displaced)
	}
}

// TakeSlot empties the slot, which is not empty, and returns the task to poll next: the one that was in the slot,
// unless the slot was used too often in a row.
func (l *Local) TakeSlot() *task.Task {
	t, first := l.Slot.Take()
	if !first {
		l.PushWoken(t)
		return l.Next()
	}
	if l.Stealer != nil {
		l.Stealer.beforeSlot()
	}
	return t
}

// Next takes the next task from behind the slot, which is empty, or returns nil if there is none.
func (l *Local) Next() *task.Task {
	if l.Stealer != nil {
		return l.Stealer.next()
	}
	return l.Bound.Pop()
}

// ServeLists gives the lists of the queues their share of the polls, and reports whether any needed it: see
// [FIFO.ServeList].
func (l *Local) ServeLists() bool {
	bound := l.Bound.ServeList()
	return l.Stealer.serveList() || bound
}

// Empty reports whether no task waits for the worker.
func (l *Local) Empty() bool { return l.Slot.Empty() && l.Bound.Empty() && l.Stealer.empty() }

// Clear forgets all tasks.
func (l *Local) Clear() {
	l.Slot.Clear()
	l.Bound.Clear()
	l.Stealer.clear()
}
