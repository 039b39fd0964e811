package reactor

import (
	"errors"
	"sync"
	"sync/atomic"
)

// Registration is one descriptor in a Reactor: its cached readiness in each direction and whoever waits
// for more. All methods may be called from any goroutine.
//
// # States
//
//	                report (sets bits, tick+1)
//	                +-----+
//	                v     |
//	Register --> open ----+--- Deregister, CloseWith, Reactor.Close --> retired (Closed bit, for good)
//	              ^   |
//	              +---+
//	    ClearReady under the same tick (clears bits)
//
//	| from    | event                          | to      | who moved it must                       |
//	| open    | report                         | open    | take the waiters of the bits' directions |
//	| open    | ClearReady, same tick          | open    | re-arm, if the Poller is a Rearmer       |
//	| open    | ClearReady, the tick moved on  | same    | nothing                                 |
//	| open    | Deregister or Close            | retired | delete, free the slot, wake all waiters |
//	| retired | Deregister or Close            | same    | nothing: it is ErrClosed                |
//	| retired | report                         | retired | nothing: there are no waiters to take   |
//
// The bits of a retired Registration other than Closed mean nothing any more. There is no way back.
type Registration struct {
	reactor *Reactor
	fd      uintptr
	key     Key

	// state is the readiness word:
	//
	//	bits 63..32  tick: the number of reports so far, modulo 2^32
	//	bit  8       closing: CloseWith has been called
	//	bits  7..0   Readiness, with what ErrorReady implies (Readiness.spread)
	//
	// Written by report, ClearReady, retire and CloseWith, always by compare-and-swap or an atomic Or;
	// read by Ready without the lock. That report writes it before it takes mu pairs with the look under
	// mu in PollReady.
	state atomic.Uint64

	// mu guards waiters, and is held from retire to the end of the Poller's Delete, so that whoever
	// finds the Registration retired can wait for the descriptor to be out of the Poller.
	mu      sync.Mutex
	waiters [2]waiters // by Direction
	turns   [2]bool    // by Direction: a report takes one waiter, not all. Under mu
}

// ReadyEvent is what PollReady or Ready saw: the readiness of one direction, and the moment it is from.
// ClearReady wants it back. It is good for one Registration only.
type ReadyEvent struct {
	tick uint32
	// Ready has the bits that concern the direction asked for. ErrorReady and Closed concern both,
	// PriorityReady concerns Read.
	Ready Readiness
}

const (
	tickShift = 32
	closing   = 1 << 8
)

// readyMask has the bits that make direction d ready; ErrorReady does so through spread.
func readyMask(d Direction) Readiness {
	if d == Read {
		return ReadReady | PriorityReady | ReadClosed | Closed
	}
	return WriteReady | WriteClosed | Closed
}

// clearMask has the bits of direction d that a would-block takes back. The closed bits are final, so
// they are not among them. ErrorReady is: an operation that meets a pending error returns the error, so
// one that would block has met none; and a datagram socket lives on after an error was collected.
func clearMask(d Direction) Readiness {
	if d == Read {
		return ReadReady | PriorityReady | ErrorReady
	}
	return WriteReady | ErrorReady
}

// FD returns the descriptor. It may be closed, and its number reused, once the Registration is.
func (g *Registration) FD() uintptr { return g.fd }

// Ready returns the cached readiness of direction d, and whether there is any. It takes no lock and
// registers nobody.
func (g *Registration) Ready(d Direction) (ReadyEvent, bool) {
	s := g.state.Load()
	ready := Readiness(s)
	if ready&readyMask(d) == 0 {
		return ReadyEvent{}, false
	}
	return ReadyEvent{tick: uint32(s >> tickShift), Ready: ready & (readyMask(d) | ErrorReady)}, true
}

// PollReady returns the cached readiness of direction d if there is any. If not, it registers w to be
// handed out by the Wait that brings some, and returns false; a w that waits for d already is not
// registered twice. Any number of wakers may wait, for the same direction or for both. All that wait for
// a direction are woken together, unless SetWakeOne was called. Readiness that arrives during the call is
// either returned, or wakes w.
//
// A waker is taken out when it is woken, by Unwait and by TakeWaiters. Whoever gives up waiting calls
// Unwait. PollReady panics if w is nil.
//
// Readiness stays until ClearReady takes it back. Ready&Closed says that the Registration is closed, from
// Deregister on: the operation must fail with a closed error and leave the descriptor alone.
func (g *Registration) PollReady(w Waker, d Direction) (ReadyEvent, bool) {
	if w == nil {
		panic("reactor: PollReady with a nil Waker")
	}
	if ev, ok := g.Ready(d); ok {
		return ev, true
	}
	g.mu.Lock()
	defer g.mu.Unlock() // deferred for the panic of a w that cannot be compared
	// Look again: a report between the first look and the lock has found nobody to take.
	ev, ok := g.Ready(d)
	if !ok {
		g.waiters[d].add(w)
	}
	return ev, ok
}

// PollReadyAfter is PollReady for an operation that would have blocked on ev, after ClearReady. It ignores the bits that
// ClearReady leaves (ReadClosed, WriteClosed) until there is another report. PollReady would return them at once,
// again and again, where the system reports a closed direction and yet has nothing to return from it, such as
// a datagram socket whose reading was shut down.
//
// No report is missed: a report moves the tick before it takes mu, so one that comes after the look under mu
// finds w, and one that comes before is seen by that look.
func (g *Registration) PollReadyAfter(w Waker, d Direction, ev ReadyEvent) (ReadyEvent, bool) {
	if w == nil {
		panic("reactor: PollReadyAfter with a nil Waker")
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if next, ok := g.Ready(d); ok && (next.tick != ev.tick || next.Ready&Closed != 0) {
		return next, true
	}
	g.waiters[d].add(w)
	return ReadyEvent{}, false
}

// ClearReady takes back the readiness ev of direction d, because an operation that was tried after ev was
// obtained would have blocked. It does nothing if anything was reported since: that report may be of
// what came after the operation, so the operation is tried again instead. It never takes back ReadClosed,
// WriteClosed or Closed, nor anything of the other direction but ErrorReady. Bits that the caller took
// out of ev.Ready stay.
//
// # A short read instead of would-block
//
// A read of fewer bytes than were asked for (but not of zero) says that the descriptor was drained, so
// ClearReady may be called on the strength of it, which saves the read that would only return
// would-block. The same goes for a short write. It is right under these conditions:
//
//   - ev was obtained before the read, and the tick (which ClearReady checks) has not moved since. What
//     arrives after the read is a new edge, and its report moves the tick.
//   - The descriptor is a byte stream whose reads go on until it is empty: TCP, or a pipe. Not datagrams;
//     not a Unix stream socket that may carry descriptors or credentials, nor a TCP socket with a
//     protocol on top in the kernel (kTLS): these end a read at a boundary, with more behind it.
//   - ev.Ready has none of PriorityReady, ReadClosed and ErrorReady. A read stops short at the mark of
//     urgent data, and what follows the mark is no new edge. So the socket must have been registered with
//     Priority in its interest, or the peer can stall it by sending urgent data. With ReadClosed or
//     ErrorReady the end or the error is still to be fetched, and it too is no new edge.
func (g *Registration) ClearReady(ev ReadyEvent, d Direction) {
	if g.clearFrom(g.state.Load(), ev, d) && g.reactor.rearmer != nil {
		g.rearm(d)
	}
}

// rearm asks a Poller without edges for the next report of direction d. If that fails, nobody would ever
// report again, so the failure itself is reported as an error on the descriptor: the next operation
// is tried rather than waited for. A registration that is just going away is no such failure.
func (g *Registration) rearm(d Direction) {
	interest := Readable | Priority
	if d == Write {
		interest = Writable
	}
	err := g.reactor.rearmer.Rearm(g.fd, g.key, interest)
	if err == nil || errors.Is(err, ErrNotFound) || errors.Is(err, ErrClosed) {
		return
	}
	wakeAll(g.report(ErrorReady, nil))
}

// Unwait takes w out of the waiters for direction d, and reports whether it was among them. A waiter
// that is dropped calls it, so that a long-lived descriptor does not collect the wakers of dead tasks.
// No other waiter misses a report by it: a report wakes all of them (but see SetWakeOne), and stays in the cache.
func (g *Registration) Unwait(w Waker, d Direction) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.waiters[d].remove(w)
}

// HasWaiters reports whether anybody waits for direction d at this moment.
func (g *Registration) HasWaiters(d Direction) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.waiters[d].first != nil
}

// SetWakeOne makes each report wake one waiter of direction d, the one that has waited longest, in place of all.
// It is for descriptors whose waiters each take one thing, such as a listener, and is called before there are
// any waiters. The waiter that is woken owes the others a wake: when it has finished, and when it gives up although
// it was woken, it looks with Ready whether there is more, and if so wakes the next one, by TakeWaiter. Closing
// still wakes all.
func (g *Registration) SetWakeOne(d Direction) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.turns[d] = true
}

// TakeWaiter takes out the waiter for direction d that has waited longest, for the caller to wake when it holds no
// lock. It returns nil if there is none.
func (g *Registration) TakeWaiter(d Direction) Waker {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.waiters[d].next()
}

// TakeWaiters takes out all waiters for direction d and appends them to wakers, for the caller to wake
// when it holds no lock. It serves events that the Poller does not know of, such as a changed deadline;
// the readiness is left alone.
func (g *Registration) TakeWaiters(d Direction, wakers []Waker) []Waker {
	g.mu.Lock()
	wakers = g.waiters[d].take(wakers)
	g.mu.Unlock()
	return wakers
}

// Deregister takes the descriptor out of the Poller, which must happen before it is closed. In this
// order:
//
//  1. The Registration is marked Closed: PollReady and Ready say so from now on.
//  2. The Poller's Delete.
//  3. The waiters of both directions are taken.
//  4. The Key is retired, so that an Event still on its way wakes nobody, whoever gets the number next.
//  5. The waiters are woken, by Deregister itself and outside every lock.
//
// A second call, or one after the Reactor was closed, returns ErrClosed and does nothing; but it returns
// only after the first is past step 2, so either caller may close the descriptor then. An error of the
// Poller's Delete is returned, but the Registration is closed all the same.
func (g *Registration) Deregister() error {
	var buf [4]Waker // on the stack; more than these are rare
	g.mu.Lock()
	// 1
	if !g.retire() {
		g.mu.Unlock()
		return ErrClosed
	}
	// 2
	err := g.reactor.poller.Delete(g.fd)
	// 3
	wakers := g.waiters[Read].take(buf[:0])
	wakers = g.waiters[Write].take(wakers)
	g.mu.Unlock()
	// 4
	g.reactor.forget(g.key)
	// 5
	wakeAll(wakers)
	return err
}

// CloseWith deregisters and then calls closeFD with the descriptor, so that the order cannot be mixed
// up: no Event of the old descriptor reaches whoever gets its number next. closeFD is called exactly
// once, by the first CloseWith, also if the Registration was already deregistered, if its Reactor was
// closed, or if Delete failed. Further calls return ErrClosed.
//
// The error is closeFD's, or else the Poller's. CloseWith keeps the order between deregistering and
// closing, no more: that no operation is using the descriptor at that moment is for the caller to see to.
func (g *Registration) CloseWith(closeFD func(fd uintptr) error) error {
	if g.state.Or(closing)&closing != 0 {
		return ErrClosed
	}
	derr := g.Deregister()
	if err := closeFD(g.fd); err != nil {
		return err
	}
	if errors.Is(derr, ErrClosed) {
		return nil
	}
	return derr
}

// report notes ready and appends the wakers of the directions it concerns. The order, word first and
// then the list, is half of why no wake is lost; see the package's comment.
func (g *Registration) report(ready Readiness, wakers []Waker) []Waker {
	ready = ready.spread() &^ Closed
	g.noteFrom(g.state.Load(), ready)
	g.mu.Lock()
	if ready&readyMask(Read) != 0 {
		wakers = g.takeReported(Read, wakers)
	}
	if ready&readyMask(Write) != 0 {
		wakers = g.takeReported(Write, wakers)
	}
	g.mu.Unlock()
	return wakers
}

// takeReported takes out what a report wakes. Under mu.
func (g *Registration) takeReported(d Direction, wakers []Waker) []Waker {
	if !g.turns[d] {
		return g.waiters[d].take(wakers)
	}
	if w := g.waiters[d].next(); w != nil {
		wakers = append(wakers, w)
	}
	return wakers
}

// retire sets the Closed bit and reports whether this call was the one to do it. The one that did owes
// the rest: the slot in the table and the waiters.
func (g *Registration) retire() bool { return g.retireFrom(g.state.Load()) }
