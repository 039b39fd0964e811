// Package task turns a future into a task: one cell that carries the state, the future and the
// place where its output waits for the join.
//
// # Roles
//
//   - The spawner makes the cell (New) and gives it to a host.
//   - The runner is the worker that took the task from a queue. Between the run event and the
//     event that ends it (pending, ready, cancelled, panic, finish) it is alone with the future.
//   - A waker is anybody who calls Wake. An aborter is anybody who calls Abort.
//   - A joiner polls the join slot or takes the output out of it.
//
// # Who may touch what
//
//	word          everybody, through transition only (state.go)
//	next          whoever has the task in a queue; the word allows one queue at a time
//	index         the Set it is in, under its lock; the runner may read it
//	home, id,     the spawner and the host, before anybody else sees the task; constant after that.
//	trace         What a Trace counts is written by whoever has the task, in a queue or in a poll
//	body, future  the runner
//	value, err    the runner until Finished is set, then the one joiner that set Taken
//	join          the joiner that set Claimed; the runner once it has set Finished and seen Watched
//
// # Why that is safe
//
// Every hand-over in the table above is a compare-and-swap on the word by the one who gives and
// a load of it by the one who gets, and Go's atomics order what was written before them. The
// state function is explored over all interleavings of wakers, aborters, a joiner and a runner
// in state_explore_test.go; the hand-overs are exercised under the race detector by the tests of
// real tasks.
//
// # Cells are not recycled
//
// A free list would save an allocation a spawn, but a stale waker may be called at any time, and
// handles outlive tasks. Without a count of them nobody can tell when a cell is free, and the
// count would cost more than the allocation. The garbage collector does it.
package task
