// Package reactor turns readiness of descriptors, as the operating system reports it, into wake-ups of
// tasks. It stands by itself: it needs no executor, and the standard library only.
//
// # Roles
//
//   - A [Poller] is the system's selector (epoll, kqueue, AFD on a completion port) behind one contract.
//     It deals in descriptors, Keys and Events, and knows no tasks. The backends are modules of their
//     own; package reactortest tests any of them, and has a fake one.
//   - A [Reactor] sits on one Poller. Somebody, usually a worker, calls [Reactor.Wait] again and again:
//     it waits once and hands back the wakers of the tasks that can get on.
//   - A [Registration] is one descriptor in one Reactor. It caches what was reported, per direction, and
//     keeps the wakers of whoever waits for more.
//
// # The way of an operation
//
// An operation on a socket is a loop around a non-blocking system call:
//
//	for {
//		ev, ok := reg.PollReady(waker, reactor.Read)
//		if !ok {
//			return pending // the waker is registered
//		}
//		if ev.Ready&reactor.Closed != 0 {
//			return ErrClosed
//		}
//		n, err := syscall.Read(fd, b)
//		if err != syscall.EAGAIN {
//			return n, err
//		}
//		reg.ClearReady(ev, reactor.Read)
//	}
//
// The descriptor is added once, edge-triggered, for both directions, so a wait costs no system call of
// its own. What makes the cache safe is the tick: each report advances it, and ClearReady takes
// readiness back only if no report has come since PollReady handed out ev. See [Registration.ClearReady].
//
// # Why no wake is lost
//
// The one who waits (PollReady):
//
//  1. takes the registration's lock;
//  2. looks at the readiness word, and returns it if it is ready;
//  3. puts the waker in the list, and unlocks.
//
// The one who reports (Wait, Deregister, Close):
//
//  1. sets the bits and advances the tick in the readiness word;
//  2. takes the lock;
//  3. takes the wakers out of the list, and unlocks.
//
// The two locked sections come one after the other. If the waiter's is first, its waker is in the list
// that the reporter empties. If the reporter's is first, the bits were set before it, so the waiter's
// look sees them. Looking before the lock only, or setting the bits after emptying the list, would each
// open a gap between the two. Holding the lock over all of the reporter's steps would close it too, but
// then the fast check of the readiness would have to take the lock as well.
//
// # Locks and wakers
//
// There are two kinds of locks: the Reactor's, over its table of registrations, and each Registration's,
// over its waiters; where both are held, the Reactor's was taken first. Neither is held during a Wait,
// and no waker is called under either: Wait returns the wakers instead, and Deregister and Close call
// them when all is unlocked and done. So a waker may do anything, deregister its own registration
// included.
package reactor
