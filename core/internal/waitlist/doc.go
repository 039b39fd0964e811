// Package waitlist provides the queue of waiters that every primitive of core/lock and core/channel has.
//
// # Roles
//
//   - A waiter is a future. It embeds a [Node], so that waiting allocates nothing.
//   - A primitive has a [List] and a lock that guards it and the nodes in it.
//   - A caller that changes the primitive takes nodes out of the list under the lock, each with the [State]
//     that tells its waiter the result, and gets its waker. It wakes after it has released the lock: no
//     foreign code runs under the lock.
//
// # Who may touch which field of a Node
//
// Links, waker and number: the holder of the primitive's lock. The state: it is stored under the
// lock, after every other change of a node that leaves the list, and its waiter may load it
// without the lock. A waiter that finds its node out of the list therefore owns it, and
// may use it again at once, even before the waker taken from it is called.
//
// # A waiter that gives up
//
// Drop takes the lock and calls [List.Remove]. If that returns false, the waiter was granted something
// before it gave up: a lock, a permit, a notification. It passes that on, so that no wake is
// lost.
//
// [Block] is for ordinary goroutines: it polls a future with a waker that ends a blocking wait.
package waitlist
