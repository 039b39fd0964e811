package reactor

import "time"

// MaxEvents is the largest number of Events that one Wait appends. It bounds the time until the waiting goroutine can do
// anything else; a later Wait reports the descriptors that did not fit.
const MaxEvents = 1024

// Poller watches descriptors and reports which of them are ready. It is the contract of every backend; package
// reactortest has the suite that tests a backend against it. The interface is frozen: a later version adds further
// interfaces that a backend may also implement, as [Rearmer] and [NetpollWaiter] are.
//
// # Descriptors
//
// fd is a Unix file descriptor or a Windows SOCKET. It must be open from before Add until after Delete, and
// non-blocking if operations on it are not to block. The Poller never reads, writes or closes it. Delete must come
// before the close: some systems drop a closed descriptor by themselves and some do not, and a file that is still
// open under another number is still reported under the old Key.
//
// The same descriptor may be in several Pollers at a time, each with its own Key, Interest and Mode. Some systems
// refuse kinds of files that are always ready (Linux: regular files); Add then returns the system's error.
//
// # Goroutines
//
// Add, Modify, Delete, Notify and Close may be called from any goroutine at any time, also during a Wait, and take
// effect in a Wait in progress: if an Add or a Modify makes something reportable, it ends the Wait. Of calls on the
// same descriptor that overlap, one takes effect first, and it is unspecified which. Wait may be called from any
// goroutine, but one at a time: a Wait that begins during another returns [ErrBusy]. No method calls back into its
// caller, and only Wait and Close (which waits for a Wait to return) block.
//
// # Events
//
// An Event's Readiness is a set of hints. A spurious Event is allowed at any time: a bit that does not hold any more
// when the receiver acts on it, one that was reported before, or, under Level and Edge, a bit of a condition outside
// the Interest. An empty Readiness is not reported. Bits that hold at the same time may come in one Event or in
// several, but not under OneShot: there the one Event has all of them.
//
// ErrorReady, and ReadClosed with WriteClosed for a hang-up, are reported whatever the Interest, the zero one included,
// except by a one-shot registration that has fired. Whether ReadReady and WriteReady come with them differs: use
// [Readiness.Allows], which takes both directions as ready. ReadClosed alone (the peer will send no more) is
// reported only to an Interest with Readable, and only by systems that distinguish it: a receiver may use it to
// learn of the end early, and must rely on the read that returns the end of the stream.
//
// # Edge
//
// The receiver of an Event must carry out operations until one returns would-block before it can rely on another Event
// for that direction. Then it can: if the condition begins to hold after the operation that would have blocked, or
// held when Add or Modify was called, it will be reported. A system may report more often; every system reports all
// that holds at Add and at Modify.
//
// A Poller that implements [Rearmer] needs a call after the would-block; see there.
//
// # Differences between systems
//
//   - ReadClosed alone: epoll reports it for sockets; kqueue for sockets and pipes; AFD for sockets (a graceful
//     disconnect). A reset may come as ErrorReady, as closed bits, or both.
//   - WriteClosed alone: kqueue only. To epoll a pipe whose readers are gone is ErrorReady.
//   - Priority: epoll reports it until the urgent byte is read or passed; AFD while it is expedited data; kqueue
//     only where the system has EVFILT_EXCEPT.
//   - A TCP socket that is neither connected, connecting nor listening: epoll reports it as hung up, the others
//     report nothing. Add it after connect or listen was called.
//   - Level, Edge and OneShot are the system's own on epoll and kqueue. Over AFD, where a poll is a single request,
//     Level costs a request per report and Edge needs Rearmer.
//   - Descriptors that are not sockets (pipes, terminals) cannot be polled over AFD.
//
// The package comment has the whole comparison, under Portability.
type Poller interface {
	// Add registers fd. A condition that already holds is reported, whatever the mode.
	//
	// Errors: ErrExists if fd is registered; ErrInvalid for ReservedKey or undefined bits; ErrClosed; the
	// system's own, such as EBADF. After an error fd is registered exactly if it was before, with its old Key,
	// Interest and Mode.
	Add(fd uintptr, key Key, interest Interest, mode Mode) error

	// Modify replaces Key, Interest and Mode of a registered fd and arms it again if it is a one-shot that has
	// fired. The conditions that hold at that moment are reported, as with Add. A Wait that begins after Modify
	// returned reports fd under the new Key only.
	//
	// Errors: ErrNotFound if fd is not registered; otherwise as for Add.
	Modify(fd uintptr, key Key, interest Interest, mode Mode) error

	// Delete removes fd. A Wait that begins after Delete returned does not report it. A Wait that is in progress,
	// or whose Events are not handled yet, may have an Event of it: the receiver recognises it by a generation in
	// the Key. Delete does not wait for such a Wait.
	//
	// Errors: ErrNotFound if fd is not registered; ErrClosed; the system's own. After an error of the system fd
	// must be taken as still registered until it is closed.
	Delete(fd uintptr) error

	// Wait blocks until there is something to report, then appends it to events, at most MaxEvents of it, and
	// returns the extended slice. It grows the slice only if its capacity does not suffice, and once warm
	// allocates nothing else. It returns
	//
	//   - with Events, if at least one descriptor is ready;
	//   - without Events, if Notify was called, or if timeout has passed;
	//   - with ErrClosed, once Close was called; with ErrBusy; or with the system's error. Then the slice is as
	//     it was passed.
	//
	// timeout < 0 is no timeout. timeout == 0 does not block, and still reports what is ready. Otherwise a Wait
	// without Events or a Notify does not return before timeout has passed by the monotonic clock; the system's
	// granularity makes it later, never earlier. A signal that interrupts the system call does not end the Wait:
	// it continues for the rest of the timeout.
	//
	// Descriptors that are ready at the same time are reported in no particular order. If more than MaxEvents are
	// ready, later Waits report the others; none is left out for ever.
	Wait(events []Event, timeout time.Duration) ([]Event, error)

	// Notify makes the Wait in progress return, or, if there is none, the next one. Notifies coalesce: any number
	// of them until a Wait has returned for one may cause that one return only. None is lost: for each Notify
	// there is a Wait that returns after it was called, and what the caller wrote before Notify is visible to
	// the goroutine whose Wait so returns. It causes no Event. A Notify during the return of a Wait may make the
	// next Wait return too.
	//
	// Errors: ErrClosed; the system's own.
	Notify() error

	// Close makes a Wait in progress return ErrClosed, waits for its return, and releases the Poller's resources.
	// Registered descriptors stay open. A second Close, and every other method from then on, returns ErrClosed.
	Close() error
}

// Rearmer is implemented by a Poller whose system has no edges, only polls that complete once (AFD on Windows). Under
// Edge such a Poller reports each condition once per Rearm. [Reactor] calls Rearm in [Registration.ClearReady]. A
// caller that uses Edge on a Poller directly checks once for this interface and, if the Poller implements it, calls
// Rearm after each would-block.
type Rearmer interface {
	// Rearm tells the Poller that an operation on fd, in the directions of interest, has returned would-block. If
	// such a condition holds again, or still, at the time of the call, it is reported in a later Wait or the
	// current one; so nothing is lost between the operation and the call. The conditions not in interest stay
	// armed or not armed, as they were; those not in the Interest of the registration are ignored.
	//
	// Errors: ErrNotFound if fd is not registered under key, which a call that meets a Delete or a reuse of the
	// number must expect; ErrClosed; the system's own.
	Rearm(fd uintptr, key Key, interest Interest) error
}

// NetpollWaiter is implemented by a Poller that can be waited for in the netpoller of Go's runtime. There a waiting goroutine
// holds no thread and no processor of Go's scheduler; a Wait blocks in a system call and keeps both, until Go's monitor
// takes the processor away. So WaitInNetpoll is for a waiter whose Events wake goroutines: they run at once. Where
// its Events are handled by the waiting goroutine itself, Wait costs less.
type NetpollWaiter interface {
	// WaitInNetpoll is Wait, and counts as one.
	WaitInNetpoll(events []Event, timeout time.Duration) ([]Event, error)
}
