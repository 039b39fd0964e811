package reactor

import "time"

// MaxEvents is the largest number of Events that one Wait appends. It bounds the time between two looks
// at anything else that the waiting goroutine has to do; what did not fit comes with the next Wait.
const MaxEvents = 1024

// Poller watches descriptors and reports which of them are ready. It is the contract of every backend;
// package reactortest holds the suite that tests one against it. The interface is frozen: what a later
// version adds comes as a further interface that a backend may also implement, as [Rearmer] does.
//
// # Descriptors
//
// fd is a Unix file descriptor or a Windows SOCKET. It must be open from before Add until after Delete,
// and non-blocking if operations on it are not to block. The Poller never reads, writes or closes it.
// Delete comes before close, always: some systems forget a closed descriptor by themselves and some do
// not, and a file that lives on under another number goes on reporting under the old Key.
//
// The same descriptor may be in several Pollers at a time, each with its own Key, Interest and Mode.
// Some systems refuse kinds of files that are always ready (Linux: regular files); Add then returns the
// system's error.
//
// # Goroutines
//
// Add, Modify, Delete, Notify and Close may be called from any goroutine at any time, also during a Wait,
// and take effect in a Wait in progress: what an Add or a Modify makes reportable ends it. Of calls on
// the same descriptor that overlap, one comes first, unspecified which. Wait may be called from any
// goroutine, but one at a time: a Wait that begins during another returns [ErrBusy]. No method calls
// back into its caller, and none but Wait and Close (which waits for a Wait to leave) blocks.
//
// # Events
//
// An Event's Readiness is a set of hints. A spurious Event is allowed at any time: a bit that no longer
// holds when the receiver acts on it, one that was reported before, or, under Level and Edge, a bit of
// a condition outside the Interest. An empty Readiness is not reported. Bits that hold at the same time
// may come in one Event or in several, but not under OneShot: there the one Event is all.
//
// ErrorReady, and ReadClosed with WriteClosed for a hang-up, are reported whatever the Interest,
// the zero one included, except by a one-shot registration that has fired. Whether they bring ReadReady
// and WriteReady along differs: use [Readiness.Allows], which takes both directions as ready. ReadClosed
// alone (the peer will send no more) is only reported to an Interest with Readable, and only by systems
// that tell it apart: a receiver must treat it as good news that came early, and rely on the read that
// returns the end of the stream.
//
// # Edge
//
// The receiver of an Event must carry out operations until one says would-block before it can count on
// another Event for that direction. It can count on one then: if the condition begins to hold after the
// operation that would have blocked, or held when Add or Modify was called, it will be reported. Systems
// may report more often; all of them report all that holds at Add and at Modify.
//
// A Poller that implements [Rearmer] needs to be told of the would-block; see there.
//
// # What differs between systems
//
//   - ReadClosed alone: epoll tells it for sockets; kqueue for sockets and pipes; AFD for sockets
//     (a graceful disconnect). A reset may come as ErrorReady, as closed bits, or both.
//   - WriteClosed alone: kqueue only. A pipe whose readers are gone is ErrorReady to epoll.
//   - Priority: epoll reports it until the urgent byte is fetched or passed by; AFD while it is expedited
//     data; kqueue only where the system has EVFILT_EXCEPT.
//   - A TCP socket that is neither connected, connecting nor listening is hung up to epoll, and silent
//     to the others. Add one after connect or listen was called.
//   - Level, Edge and OneShot are the system's own on epoll and kqueue; over AFD, where a poll is a single
//     request, Level costs a request per report and Edge needs Rearmer.
//   - Descriptors that are not sockets (pipes, terminals) cannot be polled over AFD.
type Poller interface {
	// Add registers fd. A condition that already holds is reported, whatever the mode.
	//
	// Errors: ErrExists if fd is registered; ErrInvalid for ReservedKey or undefined bits; ErrClosed;
	// the system's own, such as EBADF. After an error fd is registered exactly if it was before, with
	// its old Key, Interest and Mode.
	Add(fd uintptr, key Key, interest Interest, mode Mode) error

	// Modify replaces Key, Interest and Mode of a registered fd and arms it again if it is a one-shot
	// that has fired. What holds at that moment is reported, as with Add. A Wait that begins after
	// Modify returned reports fd under the new Key only.
	//
	// Errors: ErrNotFound if fd is not registered; otherwise as for Add.
	Modify(fd uintptr, key Key, interest Interest, mode Mode) error

	// Delete takes fd out. A Wait that begins after Delete returned reports nothing of it. One that is
	// in progress, or whose Events are still being worked off, may have it: that is what generations
	// in a Key are for. Delete does not wait for such a Wait.
	//
	// Errors: ErrNotFound if fd is not registered; ErrClosed; the system's own. After one of the
	// system's errors fd must be taken as still registered until it is closed.
	Delete(fd uintptr) error

	// Wait blocks until there is something to report, then appends it to events, at most MaxEvents of
	// it, and returns the extended slice. It grows the slice only if its capacity does not suffice, and
	// allocates nothing else once warm. It returns
	//
	//   - with Events, if at least one descriptor is ready;
	//   - without any, if Notify was called, or if timeout has passed;
	//   - with ErrClosed, once Close was called; with ErrBusy; or with the system's error. Then the
	//     slice is as it was passed.
	//
	// timeout < 0 is for ever. timeout == 0 does not block, and still reports what is ready. Otherwise
	// Wait does not return empty, for want of a Notify, before timeout has passed by the monotonic
	// clock; the system's grain makes it later, never earlier. An interrupting signal is no event: Wait
	// goes on for the time that is left.
	//
	// Descriptors that are ready at the same time are reported in no particular order. If more than
	// MaxEvents are, none is passed over for ever.
	Wait(events []Event, timeout time.Duration) ([]Event, error)

	// Notify makes the Wait in progress return, or, if there is none, the next one. Notifies coalesce:
	// any number of them until a Wait has returned for one may cost that one return only. None is lost:
	// for each Notify there is a Wait that returns after it was called, and what the caller wrote before
	// Notify is visible to the goroutine whose Wait so returns. It yields no Event. A Notify that meets
	// a Wait already on its way out may make the next one return too.
	//
	// Errors: ErrClosed; the system's own.
	Notify() error

	// Close makes a Wait in progress return ErrClosed, waits for it to leave, and releases what the
	// Poller holds. Registered descriptors stay open. A second Close, and every other method from then
	// on, returns ErrClosed.
	Close() error
}

// Rearmer is what a Poller also implements if its system has no edges, only polls that complete once
// (AFD on Windows). To such a Poller an Edge registration is a promise of one report per condition and
// Rearm; [Reactor] keeps its side of it in [Registration.ClearReady]. Whoever uses Edge on a Poller
// directly looks for this interface once and, if it is there, calls Rearm after each would-block.
type Rearmer interface {
	// Rearm tells that an operation on fd, in the directions of interest, met would-block. If such a
	// condition holds again, or still, by the time of the call, it is reported in a later (or the
	// current) Wait; so the gap between the operation and the call loses nothing. The conditions not in
	// interest stay as they were, armed or not; those not in the Interest of the registration are ignored.
	//
	// Errors: ErrNotFound if fd is not registered under key, which a call that meets a Delete or a
	// reuse of the number has to expect; ErrClosed; the system's own.
	Rearm(fd uintptr, key Key, interest Interest) error
}
