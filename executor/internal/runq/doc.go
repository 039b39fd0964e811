// Package runq provides the queues in which ready tasks wait for a worker of package executor. It depends on
// core/task alone, so its tests need no runtime.
//
// A [Local] holds the ready tasks of one worker. In a thread-per-core runtime these are a [FIFO] of the tasks that are
// bound to the worker, without a lock, and a [Slot] in front of it for the task that was woken last.
//
// Where workers steal, tasks that are not bound belong to all of them. What the workers share is a [Shared]:
// the home of these tasks, the injector for those that become ready on no worker, and the idle word. Each worker has a
// [Stealer] besides its slot and its FIFO. Tasks move from the left to the right:
//
//	Local.Push ─→ private queue ─→ ring ──────────────→ hand ─→ Local.Next
//	               (unbounded)      │ ↑ (256 slots)      (8)
//	                       overflow │ │
//	                                ↓ │ thieves take half of it
//	Shared.Schedule ─→ injector ────┴─┴→ Stealer.TakeShare, Stealer.Search
//
// # Who may touch what
//
//	slot, FIFO, private queue, hand    the worker's goroutine
//	ring                               its worker fills and takes, other workers steal: see stealRing
//	injector, idle word                any goroutine: a lock, and a word that is swapped
//
// The argument that no task is left behind when workers sleep is in idle.go.
package runq
