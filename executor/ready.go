package executor

import "github.com/moduvex/moduvex-go/core/task"

// This file is where ready tasks wait for their worker: in the slot, in the queue of bound tasks, and, where workers
// steal, in the stealer.

// hasTasks reports whether a task waits for the worker.
func (w *worker) hasTasks() bool {
	return !w.slot.Empty() || !w.bound.Empty() || !w.stealer.Empty()
}

// push puts t, which has become ready on this worker, behind the others.
func (w *worker) push(t *task.Task) {
	if t.ForHost().Home() == &w.home {
		w.bound.Push(t)
		return
	}
	w.stealer.Push(t)
}

// pushWoken is push for a task that was woken.
func (w *worker) pushWoken(t *task.Task) {
	if t.ForHost().Home() == &w.home {
		w.bound.PushWoken(t)
		return
	}
	w.stealer.PushWoken(t)
}

// putSlot puts t in front of the others. The task that was in the slot goes to the back.
func (w *worker) putSlot(t *task.Task) {
	if w.timing.all {
		t.ForHost().MarkQueued(w.Now())
	}
	if displaced := w.slot.Put(t); displaced != nil {
		w.pushWoken(displaced)
	}
}

// takeSlot empties the slot, and returns the task to poll next: the one that was in the slot, unless the slot was
// used too often in a row.
func (w *worker) takeSlot() *task.Task {
	t, first := w.slot.Take()
	if !first {
		w.pushWoken(t)
		return w.next()
	}
	if w.stealer != nil {
		w.stealer.BeforeSlot()
	}
	return t
}

// next takes the next task from behind the slot, or returns nil.
func (w *worker) next() *task.Task {
	if w.stealer != nil {
		return w.stealer.Next()
	}
	return w.bound.Pop()
}

// serveLists gives the lists of the queues their share of the polls, and reports whether any needed it.
func (w *worker) serveLists() bool {
	bound := w.bound.ServeList()
	return w.stealer.ServeList() || bound
}

// receive takes the tasks that other goroutines have sent: all from the inbox, a share from the injector.
func (w *worker) receive() {
	w.inbox.TakeAll(&w.arrived)
	for t := w.arrived.Pop(); t != nil; t = w.arrived.Pop() {
		w.counts.wakesRemote++
		w.push(t)
	}
	w.stealer.TakeShare()
}

// clearTasks forgets all tasks.
func (w *worker) clearTasks() {
	w.slot.Clear()
	w.bound.Clear()
	w.stealer.Clear()
}
