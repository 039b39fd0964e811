// Package netfd is what all sockets have in common: a descriptor that may be closed while it is in
// use, its registration with a reactor, and its deadlines.
//
// # The way of an operation
//
//	func (s *Stream) x(cx *core.Context, ...) (..., p netfd.Progress, err error) {
//		if err := s.fd.Begin(cx, d); err != nil {  // closed, or too late
//			return ..., netfd.Done, err
//		}
//		for {
//			ev, ok, err := s.fd.Ready(cx, d, last) // false: Pending
//			cx.Spend(), unless it is the first     // false: Pending
//			the system call; unless it would block, Done
//			ev.Blocked(d)                          // false: Unregistered
//			last = ev
//		}
//		s.fd.End(cx, d, p)
//	}
//
//	func (s *Stream) PollX(cx *core.Context, ...) (..., ready bool, err error) {
//		for {
//			..., p, err := s.x(cx, ...)
//			if p != netfd.Unregistered {
//				return ..., p == netfd.Done, err
//			}
//			err := s.fd.Register(cx)
//		}
//	}
//
//	func (s *Stream) X(co *coro.Co, ...) (..., err error) {
//		for {
//			..., p, err := s.x(co.Context(), ...)
//			if p == netfd.Done {
//				return ..., err
//			}
//			err := s.fd.Await(co, d, p)            // suspends, or registers
//		}
//	}
//
// A Try makes the steps of x for operations whose cost is elsewhere. What more than one package needs
// is here: the reads and writes of byte streams, accepting, copying, sending files.
//
// A poll is bounded whatever the system answers. An operation that would have blocked is tried again in the same
// poll only if there was a report meanwhile, and a further try is paid for. What the system reports and then does
// not deliver (a direction that was shut down from outside, say) is waited for, like everything else.
//
// # Registration
//
// A socket is registered with the reactor of the worker that first calls Register, and stays there:
// its reports wake tasks wherever they are. Until then nothing is known of its readiness, so operations
// are simply tried, and the first that would block asks to be registered. So a listener can be made
// outside of any runtime, and a socket whose runtime was closed moves on to the next. A package that
// knows it will have to wait, as after an accept, registers at once.
//
// # Who may touch what
//
// word, reg and times of an FD are atomics that anybody may read; what writes them stands with them.
// A limit has a lock of its own. An alarm's entry lies in the wheel of one worker; only code that runs on
// that worker arms or disarms it, and code elsewhere gives it back to the worker ([core.ReleasingHost]).
//
// # Closing
//
// The word counts the operations under way. Close marks it, takes the registration out of the
// reactor, which wakes everybody who waits, and gives up its own reference; whoever gives up the last
// one closes the descriptor. So no system call ever meets a number that belongs to another file
// by now. Nobody waits for anybody: where an operation is under way on another goroutine, the
// descriptor closes when that call returns, which for a non-blocking socket is microseconds.
//
// # Why no deadline is missed
//
// A waiter (1) registers its waker, (2) reads the deadline and arms the alarm. SetDeadline (1) writes the
// deadline, (2) where the alarm is not set for it or earlier, takes a registered waker and wakes it. Whichever comes
// first, either the waiter reads the new deadline, or one is woken and arms the alarm. Reading first and registering
// after would leave a gap in which a deadline that is brought forward finds nobody to tell. What the one
// that is woken owes the others is with the type limit.
package netfd
