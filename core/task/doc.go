// Package task provides tasks: a future, or another [Body], together with its life cycle and the place where
// its output waits for a joiner.
//
// # How to use it
//
// Most programs do not use it: they start tasks with package executor and join them with package joinhandle. A custom
// host, a test or a custom spawn function uses it directly:
//
//	s := task.New(f)      // or NewValue, or coro.New for a body in direct style
//	host.Spawn(&s.Task)   // from now on the host polls it
//	s.Abort()             // optional: end it early
//	s.Watch(w)            // wake w when it has ended
//	v, err, done := s.Take()
//
// The output is in the [Slot]. [Task] has the methods that any goroutine may call, [HostView] those for the host. Hosts
// also use [Queue], [Inbox] (tasks that arrive from other goroutines) and [Set] (all tasks that have not ended).
//
// # Roles
//
//   - The spawner makes the task and passes it to a host.
//   - The runner is the worker that took the task from a queue. Between the run event and the
//     event that ends it (pending, yield, ready, cancelled, panic, finish) the runner alone uses the body.
//   - A waker is a goroutine that calls Wake, an aborter one that calls Abort.
//   - A joiner watches the task (Watch, which writes the join slot) or takes the output out of it (Take).
//   - The runner whose event finishes the task wakes the joiners. So does a joiner whose Watch or Unwatch
//     overlaps with that event, for the wakers that are in the slot then.
//
// # States
//
//	Idle → Scheduled → Running → Completed
//	 ↑         ↑          │ \___→ Cancelled  (also from Scheduled, and from Idle when the host closes)
//	 └─────────┴──────────┘
//
// state.go has the table of all transitions.
//
// # Who may touch which field
//
//	word            every role, only through the transitions of word.go
//	next            the goroutine that has the task in a queue; the word allows one queue at a time
//	setIndex        the Set that holds the task, under its lock; the runner may read it
//	home, id        the spawner and the host, before another goroutine sees the task; constant after that
//	trace           the pointer as home; the counters: the goroutine that has the task, in a queue or in a poll
//	body, future    the runner
//	output,         the runner until the flag finished is set, then the joiner whose transition set the
//	  outputErr     flag taken
//	joiners         the joiner that set the flag claimed; after finished, the runner if the flag watched was
//	                set, and otherwise the joiner that has claimed it
//
// # Why that is safe
//
// In every hand-over of this table the old owner makes a compare-and-swap on the word and the new owner loads the word,
// so Go's atomics order the writes of the old owner before the reads of the new one. state_explore_test.go explores the
// state function over all interleavings of wakers, aborters, joiners and runners; the tests of real tasks exercise the
// hand-overs under the race detector.
//
// # Tasks are not recycled
//
// A free list would save one allocation per spawn. But a stale waker may be called at any time, and handles outlive
// tasks, so only a reference count could tell when a task is free, and the count would cost more than the
// allocation. The garbage collector frees tasks.
package task
