// Package runq provides the queues in which ready tasks wait for a worker of package executor. It depends on
// core/task alone, so its tests need no runtime.
//
// A [FIFO] is a queue for one goroutine, without a lock. A worker of a thread-per-core runtime needs no more: the
// FIFO holds the tasks that stay on the worker, and a [Slot] in front of it the task that was woken last.
//
// Where workers steal, tasks belong to all of them. What the workers have in common is a [Shared]: the home of
// the tasks, the injector for tasks that become ready on no worker, and the idle word. Each worker has a
// [Stealer] besides its slot and its FIFO. Tasks move from the left to the right:
//
//	Stealer.Push ─→ private queue ─→ ring ──────────────→ hand ─→ Stealer.Next
//	                 (unbounded)      │ ↑ (256 places)     (8)
//	                         overflow │ │
//	                                  ↓ │ thieves take half of it
//	Shared.Schedule ─→ injector ──────┴─┴→ Stealer.TakeShare, Stealer.Search
//
// # Who may touch what
//
//	slot, FIFO, private queue, hand    the worker's goroutine
//	ring                               its worker fills and takes, other workers steal: see stealRing
//	injector, idle word                any goroutine: a lock, and a word that is swapped
//
// The argument that no task is left behind when workers sleep is in idle.go.
package runq
