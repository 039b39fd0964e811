// Package reactor implements readiness-based I/O for tasks: it turns the readiness of descriptors, as the operating
// system reports it, into wake-ups. It works without an executor and imports the standard library only.
//
// # Use
//
// Most programs use the executor's sockets and never see this package. A program with a loop of its own makes a
// [Poller] with a backend (module epoll, kqueue or iocp, by system), puts a [Reactor] on it with [New], and calls
// [Reactor.Wait] in its loop. An operation on a socket is a loop around a non-blocking system call:
//
//	reg, err := r.Register(fd, reactor.Readable|reactor.Writable) // once
//	...
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
//	...
//	reg.CloseWith(closeFD) // deregisters, then closes
//
// # Roles
//
//   - A [Poller] is the system's selector (epoll, kqueue, AFD on a completion port) behind one contract. It knows
//     descriptors, Keys and Events, and no tasks. The backends are modules of their own. Package reactortest has
//     a conformance suite for any of them and a Poller in memory; package pollerkit helps to write one.
//   - A [Reactor] belongs to one Poller. A worker calls [Reactor.Wait] in its loop: it waits once and returns the
//     wakers of the tasks that can proceed.
//   - A [Registration] is one descriptor in one Reactor. It caches what was reported, for each direction, and keeps
//     the wakers that wait for more.
//
// The descriptor is added once, edge-triggered, for both directions, so a wait costs no system call of its own. The
// tick makes the cache safe: each report advances it, and ClearReady clears readiness only if no report has come
// since PollReady returned ev. See [Registration.ClearReady].
//
// # Why no wake is lost
//
// The waiter (PollReady):
//
//  1. takes the registration's lock;
//  2. reads the readiness word, and returns it if it is ready;
//  3. puts the waker in the list, and unlocks.
//
// The reporter (Wait, Deregister, Close):
//
//  1. sets the bits and advances the tick in the readiness word;
//  2. takes the lock;
//  3. takes the wakers out of the list, and unlocks.
//
// One of the two locked sections is first. If it is the waiter's, its waker is in the list that the reporter empties.
// If it is the reporter's, the bits were set before it, so the waiter reads them.
//
// Rejected: reading the word before the lock only, and setting the bits after the list is emptied. Each opens a gap
// between the two. Holding the lock during all steps of the reporter would close the gap too, but then the fast
// check of the readiness would need the lock.
//
// # Locks and wakers
//
// There are two kinds of locks: the Reactor's, which guards its table of registrations, and each Registration's, which
// guards its waiters. A method that holds both took the Reactor's first. No method holds either during a Poller's
// Wait, and none calls a waker under either: Wait returns the wakers, and Deregister and Close call them at the end
// without a lock. So a waker may call any method, such as Deregister of its own registration.
package reactor
