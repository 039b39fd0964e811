// Package future has the ready-made futures and the combinators, which make one future of others.
//
// # Contract of the combinators
//
//   - A combinator owns its children from its construction on: nobody else polls or drops them.
//     A nil child is a bug of the caller, and panics there and then, naming the argument.
//   - It answers once, and like any future is not polled after that. Most panic if they are.
//   - Drop reaches every child that has not answered exactly once, polled before or not, in the
//     order of the arguments, and even if the Drop of another child panics. It never reaches one
//     that has answered.
//   - A panic of a child passes through Poll. The child counts as pending, and the Drop with
//     which the task then gives up the combinator reaches it as it reaches its siblings.
//   - What children have answered by then is forgotten. A value that must be released, rather
//     than garbage collected, does not belong in a future that may be given up.
//
// # Which children are polled
//
// Join2, Join3, Race, Select2 and a JoinAll of a few poll every pending child whenever they are
// polled themselves, with the task's own waker: nothing is cheaper than a poll, and the waker is
// the one that wait queues know already. A JoinAll of many gives each child a waker of its own
// and polls those that were woken, so that N answers cost N polls and not N*N/2.
//
// # Budget
//
// No child starves, though another spends the whole budget of each poll (a loop around a channel that
// is never empty does). The rule: the child that found the budget spent is polled first the next time.
//
//   - Join2, Join3 and a JoinAll of a few poll all children at each poll, and begin with the first one
//     that had nothing left the last time.
//   - A JoinAll of many stops where the budget ends, and goes on there.
//   - Race and Select2 begin anywhere, at random, at each poll.
//   - timer.Timeout reserves the operation that its deadline costs.
//   - A deadline of a scope in direct style costs none.
//
// So each child is polled with some of the budget again and again, also in combinators that are nested. A
// combinator of a user's own keeps the same rule.
//
// # Allocation
//
// A constructor allocates the future it returns, and JoinAll and Race an array for the children.
// Polls allocate nothing.
package future
