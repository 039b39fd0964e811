// Package future provides ready-made futures, and combinators that make one future of others.
//
//	both := future.Join2(a, b)                       // completes when a and b have
//	first := future.Race(a, b, c)                    // completes with the first of them, drops the others
//	text := future.Map(a, func(n int) string { ... }) // converts the value
//
// A body in direct style awaits the result with coro.Await; a task of its own is made by executor.Spawn.
//
// # Contract of the combinators
//
//   - A combinator owns its children from its construction on: only it polls and drops them.
//     A nil child panics at the construction, with a text that names the argument.
//   - It completes once (its Poll returns a value), and like any future must not be polled after
//     that. Most combinators panic if they are.
//   - Drop reaches every child that has not completed exactly once, polled before or not, in the
//     order of the arguments, and even if the Drop of another child panics. It never reaches a
//     child that has completed.
//   - A panic of a child passes through Poll. The child counts as pending, and the Drop with
//     which the task then drops the combinator reaches it as it reaches its siblings.
//   - The values of children that have completed by then are discarded. A value that must be released,
//     rather than garbage collected, does not belong in a future that may be dropped.
//
// # Which children are polled
//
// Join2, Join3, Race, Select2 and a JoinAll of a few poll every pending child whenever they are
// polled themselves, with the task's own waker: nothing is cheaper than a poll, and wait queues
// have that waker already. A JoinAll of many gives each child its own waker
// and polls those that were woken, so that N completions cost N polls and not N*N/2.
//
// # Budget
//
// No child starves if another child spends the whole budget of each poll (a loop around a channel that
// is never empty does). The rule: the next poll begins with the child that found the budget spent.
//
//   - Join2, Join3 and a JoinAll of a few poll all children at each poll, and begin with the first one
//     that had no budget left the last time.
//   - A JoinAll of many stops where the budget ends, and continues there.
//   - Race and Select2 begin each poll with a child chosen at random.
//   - timer.Timeout reserves the operation that its deadline costs.
//   - A deadline of a scope in direct style costs none.
//
// So each child is polled with some budget again and again, also in nested combinators. A
// combinator of your own should keep the same rule.
//
// # Allocation
//
// A constructor allocates the future it returns, and JoinAll and Race an array for the children.
// Polls allocate nothing.
package future
