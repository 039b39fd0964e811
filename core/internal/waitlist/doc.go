// Package waitlist is the queue that every primitive of core/lock and core/channel lets its waiters stand in.
//
// # Roles
//
//   - A waiter is a future. It embeds a [Node], so that waiting allocates nothing.
//   - A primitive has a [List] and a lock that guards it and the nodes in it.
//   - Who changes the primitive takes nodes out of the list under the lock, each with the [State]
//     that tells its waiter what has become of it, and gets the waker for it. It wakes after the
//     lock is released: nobody's code runs under it.
//
// # Who may touch which field of a Node
//
// Links, waker and number: who holds the lock of the primitive. The state: it is stored under the
// lock, as the last thing that is done to a node that leaves the list, and its waiter may load it
// without the lock. A waiter that finds its node out of the list therefore has it for itself, and
// may use it again at once, while the waker taken from it has yet to be called.
//
// # A waiter that gives up
//
// Drop takes the lock and calls [List.Remove]. If that reports false, the waiter was given something
// before it could go: a lock, a permit, a notification. It passes that on. This is how no wake is
// lost.
//
// [Block] is the way of plain goroutines: it polls a future with a waker that ends a blocking wait.
package waitlist
