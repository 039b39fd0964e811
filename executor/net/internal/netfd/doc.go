// Package netfd implements what all sockets have in common: a descriptor that may be closed while operations use it,
// its registration with a reactor, its deadlines, and the loops that wait.
//
// # An operation
//
// An operation has a try, which never waits, and one function for each style:
//
//	func (s *Socket) x(cx *core.Context, ...) (result, netfd.Progress, error) {
//		t := s.fd.Try(cx, d)
//		for t.Next() {
//			..., errno = the system call
//			t.Tried("its name", errno)
//		}
//		p, err := t.End()
//		return ..., p, err
//	}
//
//	func (s *Socket) X(co *coro.Co, ...) (result, error) {
//		return netfd.Wait(co, &s.fd, d, func(cx *core.Context) (result, netfd.Progress, error) { return s.x(cx, ...) })
//	}
//
//	func (s *Socket) PollX(cx *core.Context, ...) (result, bool, error) {
//		return netfd.Poll(cx, &s.fd, func(cx *core.Context) (result, netfd.Progress, error) { return s.x(cx, ...) })
//	}
//
// A [Try] does the following; Read and Write of byte streams, which are called most, and the accept have it written
// out.
//
//	err := f.Begin(cx, d)                   // closed, or the deadline has passed: Done
//	cx.Spend()                              // no budget: Pending
//	for {
//		ev, ok, err := f.Ready(cx, d, last) // not ready: Pending
//		cx.Spend(), unless it is the first  // no budget: Pending
//		the system call; unless it would block, Done
//		ev.Blocked(d)                       // f is not registered: Unregistered
//		last = ev
//	}
//	cx.Refund(), unless it is Done
//	f.End(cx, d, p)
//
// Operations that more than one package needs are here: reads and writes of byte streams, accepts, splice, sendfile, and
// functions that use the descriptor ([Raw]).
//
// A poll is bounded whatever the system reports. An operation that would have blocked is tried again in the same poll
// only if the reactor has reported an event meanwhile, and each further try spends budget. If the system reports
// readiness and the operation blocks all the same (its direction was shut down from outside, for example), the
// operation waits like any other.
//
// # Registration
//
// A socket is registered with the reactor of the worker that first calls Register, and stays there: its events wake
// tasks on all workers. Until then its readiness is unknown, so operations are simply tried, and the first that would
// block asks its caller to register the socket. So a listener can be made outside of any runtime, and a socket whose
// runtime is closed is registered again with the next one. A package that knows that a socket will wait registers it
// at once: after an accept, for example.
//
// # Who may touch what
//
// The fields word, reg and times of an FD are atomics that any goroutine may read; their comments say what writes
// them. A limit has a lock. The entry of an alarm is in the timer wheel of one worker: only code on that worker arms
// or disarms it, and code elsewhere gives it back to the worker ([core.ReleasingHost]). Ordinary goroutines wait through a
// [Waiter], whose host has timers that any goroutine may arm and disarm.
//
// # Closing
//
// The word counts the operations under way. Close (1) marks the word closed, (2) takes the registration out of the
// reactor, which wakes all waiters, (3) drops its own reference. The release of the last reference closes the
// descriptor. So no system call ever uses a number that belongs to another file by then. No goroutine waits for
// another: if an operation is under way, the descriptor closes when its system call returns, which takes microseconds
// on a non-blocking socket.
//
// # Why no deadline is missed
//
// A waiter (1) registers its waker, (2) reads the deadline and sets the alarm. SetDeadline (1) writes the deadline,
// (2) if the alarm is not set for it or earlier, takes a registered waker and wakes it. In either order, the waiter
// reads the new deadline, or a waiter is woken and sets the alarm. If a waiter read first and registered after, a
// deadline that is brought forward in between would find no waiter to wake. The type limit says what the waiter that
// is woken owes the others.
package netfd
