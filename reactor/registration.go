package reactor

import (
	"errors"
	"sync"
	"sync/atomic"
)

// Registration is one descriptor in a Reactor: its cached readiness in each direction and the wakers that wait for more.
// [Reactor.Register] makes it; the zero Registration is a closed one without a descriptor. All methods may be called
// from any goroutine.
//
// # States
//
//	                report (sets bits, tick+1)
//	                +-----+
//	                v     |
//	Register --> open ----+--- Deregister, CloseWith, Reactor.Close --> retired (sets the Closed bit)
//	              ^   |
//	              +---+
//	    ClearReady under the same tick (clears bits)
//
//	| from    | event                         | to      | the caller then has to                   |
//	| open    | report                        | open    | take the waiters of the bits' directions |
//	| open    | ClearReady, same tick         | open    | rearm, if the Poller is a Rearmer        |
//	| open    | ClearReady, the tick advanced | same    | do nothing                               |
//	| open    | Deregister or Close           | retired | delete, free the slot, wake all waiters  |
//	| retired | Deregister or Close           | same    | return ErrClosed                         |
//	| retired | report                        | retired | do nothing: there are no waiters         |
//
// The bits of a retired Registration other than Closed have no meaning. A Registration stays retired.
type Registration struct {
	reactor *Reactor // nil in the zero Registration
	fd      uintptr
	key     Key

	// state is the readiness word:
	//
	//	bits 63..32  tick: the number of reports so far, modulo 2^32
	//	bit  8       closing: CloseWith has been called
	//	bits  7..0   Readiness, with what ErrorReady implies (Readiness.spread)
	//
	// report, ClearReady, retire and CloseWith write it, always by compare-and-swap or an atomic Or; Ready
	// reads it without the lock. report's write before it takes mu pairs with the read under mu in PollReady.
	state atomic.Uint64

	// mu guards waiters and wakeOne. Deregister holds it from retire to the end of the Poller's Delete, so that
	// another Deregister, which finds the Registration retired, can wait until the Poller does not have the
	// descriptor any more.
	mu      sync.Mutex
	waiters [2]waiters // by Direction
	wakeOne [2]bool    // by Direction: a report wakes one waiter, not all
}

// ReadyEvent is the readiness of one direction and the tick at which it was read. PollReady and Ready return it, and
// ClearReady takes it. It is valid for its own Registration only.
type ReadyEvent struct {
	tick uint32
	// Ready has the bits of the direction. ErrorReady and Closed belong to both directions, PriorityReady to Read.
	Ready Readiness
}

const (
	tickShift = 32
	closing   = 1 << 8
)

// readyMask returns the bits that make direction d ready; ErrorReady does so through spread.
func readyMask(d Direction) Readiness {
	if d == Read {
		return ReadReady | PriorityReady | ReadClosed | Closed
	}
	return WriteReady | WriteClosed | Closed
}

// clearMask returns the bits of direction d that a would-block clears. The closed bits are final, so they are not among
// them. ErrorReady is: an operation returns a pending error, so one that would block has found none; and a datagram
// socket is usable after an operation has returned its error.
func clearMask(d Direction) Readiness {
	if d == Read {
		return ReadReady | PriorityReady | ErrorReady
	}
	return WriteReady | ErrorReady
}

// FD returns the descriptor, or NoFD of the zero Registration. Once the Registration is closed the descriptor may be
// closed and its number reused.
func (g *Registration) FD() uintptr {
	if g.reactor == nil {
		return NoFD
	}
	return g.fd
}

// Ready returns the cached readiness of direction d, and whether there is any. It takes no lock and registers no waker.
func (g *Registration) Ready(d Direction) (ReadyEvent, bool) {
	s := g.state.Load()
	ready := Readiness(s)
	if ready&readyMask(d) == 0 {
		return ReadyEvent{}, false
	}
	return ReadyEvent{tick: uint32(s >> tickShift), Ready: ready & (readyMask(d) | ErrorReady)}, true
}

// PollReady returns the cached readiness of direction d if there is any. If not, it registers w, to be returned by the
// Reactor.Wait that gets a report, and returns false; it does not register a w that waits for d already twice. Any number
// of wakers may wait, for the same direction or for both. A report wakes all that wait for its direction, unless
// SetWakeOne was called. Readiness that arrives during the call is either returned, or wakes w.
//
// A waker is taken out when it is woken, by Unwait, and by TakeWaiter and TakeWaiters. A caller that gives up waiting
// calls Unwait. PollReady panics if w is nil.
//
// Readiness stays until ClearReady clears it. Ready&Closed says that the Registration is closed, from Deregister on:
// the operation must fail with a closed error and must not use the descriptor.
func (g *Registration) PollReady(w Waker, d Direction) (ReadyEvent, bool) {
	if w == nil {
		panic("reactor: PollReady with a nil Waker")
	}
	if ev, ok := g.Ready(d); ok {
		return ev, true
	}
	g.mu.Lock()
	defer g.mu.Unlock() // deferred for the panic of a w that cannot be compared
	// A report between the first read and the lock has found no waiter, so read again.
	if ev, ok := g.Ready(d); ok {
		return ev, true
	}
	return g.wait(w, d)
}

// PollReadyAfter is PollReady for an operation that would have blocked on ev, after ClearReady. Until the next report it
// ignores the bits that ClearReady leaves (ReadClosed, WriteClosed). PollReady would return them at once, again and
// again, where the system reports a closed direction and the operation would still block, such as on a datagram
// socket whose reading was shut down.
//
// No report is missed: a report advances the tick before it takes mu. If it takes mu later than PollReadyAfter, it finds
// w; if earlier, PollReadyAfter reads its tick.
func (g *Registration) PollReadyAfter(w Waker, d Direction, ev ReadyEvent) (ReadyEvent, bool) {
	if w == nil {
		panic("reactor: PollReadyAfter with a nil Waker")
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if next, ok := g.Ready(d); ok && (next.tick != ev.tick || next.Ready&Closed != 0) {
		return next, true
	}
	return g.wait(w, d)
}

// wait registers w as a waiter for d. A zero Registration gets no reports, so wait returns that it is closed. Under mu.
func (g *Registration) wait(w Waker, d Direction) (ReadyEvent, bool) {
	if g.reactor == nil {
		return ReadyEvent{Ready: Closed}, true
	}
	g.waiters[d].add(w)
	return ReadyEvent{}, false
}

// ClearReady clears the readiness ev of direction d, because an operation that was tried after ev was obtained would have
// blocked. It does nothing if there was a report since: that report may be of a condition that came after the
// operation, so the caller has to try the operation again. It never clears ReadClosed, WriteClosed or Closed, nor a
// bit of the other direction except ErrorReady. A caller may remove bits from ev.Ready to keep them.
//
// # A short read instead of would-block
//
// A read that returns fewer bytes than its buffer takes (but not zero) has emptied the descriptor, so the caller may call
// ClearReady after it and save the read that would only return would-block. The same holds for a short write. The
// conditions are:
//
//   - ev was obtained before the read, and the tick (which ClearReady checks) has not advanced since. Bytes that
//     arrive after the read are a new edge, and its report advances the tick.
//   - The descriptor is a byte stream whose reads continue until it is empty: TCP, or a pipe. It is no datagram
//     socket; no Unix stream socket that may carry descriptors or credentials; no TCP socket with a protocol above it
//     in the kernel (kTLS): a read of these ends at a boundary, with more bytes behind it.
//   - ev.Ready has none of PriorityReady, ReadClosed and ErrorReady. A read ends at the mark of urgent data, and the
//     bytes behind the mark are no new edge. So the socket must have been registered with Priority in its Interest,
//     or the peer can stall it by sending urgent data. With ReadClosed or ErrorReady the end or the error is still to
//     be read, and it is no new edge either.
func (g *Registration) ClearReady(ev ReadyEvent, d Direction) {
	if g.clearFrom(g.state.Load(), ev, d) && g.reactor.rearmer != nil {
		g.rearm(d)
	}
}

// rearm has a Poller without edges report direction d again. If that fails, there would be no further report, so rearm
// reports an error on the descriptor, and the waiters try the next operation instead of waiting. A registration that
// is just being removed is no failure.
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

// Unwait takes w out of the waiters for direction d, and reports whether it was among them. A waiter that is dropped
// calls it, so that a long-lived descriptor does not collect the wakers of tasks that have ended. No other waiter
// misses a report: a report wakes all of them (but see SetWakeOne), and its readiness stays in the cache.
func (g *Registration) Unwait(w Waker, d Direction) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.waiters[d].remove(w)
}

// HasWaiters reports whether there are waiters for direction d at this moment.
func (g *Registration) HasWaiters(d Direction) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.waiters[d].first != nil
}

// SetWakeOne makes each report wake one waiter of direction d, the one that has waited longest, instead of all. It is for
// descriptors whose waiters each take one item, such as the connections of a listener. Call it before there are any
// waiters. The waiter that is woken must wake the next one if there may be more: when it has finished, and when it
// gives up although it was woken, it checks Ready, and if that returns true wakes the next waiter (TakeWaiter).
// Deregister and Close still wake all.
func (g *Registration) SetWakeOne(d Direction) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.wakeOne[d] = true
}

// TakeWaiter takes out the waiter for direction d that has waited longest and returns it, or nil if there is none. The
// caller wakes it when it holds no lock.
func (g *Registration) TakeWaiter(d Direction) Waker {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.waiters[d].popFirst()
}

// TakeWaiters takes out all waiters for direction d and appends them to wakers. The caller wakes them when it holds no
// lock. It is for events that the Poller does not report, such as a changed deadline; the readiness stays as it is.
func (g *Registration) TakeWaiters(d Direction, wakers []Waker) []Waker {
	g.mu.Lock()
	wakers = g.waiters[d].takeAll(wakers)
	g.mu.Unlock()
	return wakers
}

// Deregister removes the descriptor from the Poller, which must happen before the descriptor is closed. In this order:
//
//  1. It marks the Registration Closed: PollReady and Ready return the bit from then on.
//  2. It calls the Poller's Delete.
//  3. It takes the waiters of both directions.
//  4. It retires the Key, so that an Event that is not handled yet wakes no waiter of a later descriptor with the same
//     number.
//  5. It wakes the waiters itself, without a lock.
//
// A second call, or one after the Reactor was closed, does nothing and returns ErrClosed; but it returns only after the
// first call has finished step 2, so either caller may close the descriptor then. Deregister returns the error of the
// Poller's Delete; the Registration is closed nevertheless.
func (g *Registration) Deregister() error {
	if g.reactor == nil {
		return ErrClosed
	}
	var buf [4]Waker // on the stack; more are rare
	g.mu.Lock()
	// 1
	if !g.retire() {
		g.mu.Unlock()
		return ErrClosed
	}
	// 2
	err := g.reactor.poller.Delete(g.fd)
	// 3
	wakers := g.waiters[Read].takeAll(buf[:0])
	wakers = g.waiters[Write].takeAll(wakers)
	g.mu.Unlock()
	// 4
	g.reactor.forget(g.key)
	// 5
	wakeAll(wakers)
	return err
}

// CloseWith calls Deregister and then closeFD with the descriptor, in the order that keeps Events of this descriptor from
// the next one with its number. The first CloseWith calls closeFD exactly once, also if the Registration was already
// deregistered, if its Reactor was closed, or if Delete failed. Further calls return ErrClosed, and so does that of a
// zero Registration, which has no descriptor.
//
// It returns closeFD's error, or else the Poller's. CloseWith only keeps that order: the caller makes sure that no
// operation uses the descriptor at that moment.
func (g *Registration) CloseWith(closeFD func(fd uintptr) error) error {
	if g.reactor == nil || g.state.Or(closing)&closing != 0 {
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

// report records ready and appends the wakers of its directions. The proof that no wake is lost needs this order, the
// word first and then the list; see the package comment.
func (g *Registration) report(ready Readiness, wakers []Waker) []Waker {
	ready = ready.spread() &^ Closed
	g.reportFrom(g.state.Load(), ready)
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

// takeReported takes out the waiters that a report wakes, and appends them. Under mu.
func (g *Registration) takeReported(d Direction, wakers []Waker) []Waker {
	if !g.wakeOne[d] {
		return g.waiters[d].takeAll(wakers)
	}
	if w := g.waiters[d].popFirst(); w != nil {
		wakers = append(wakers, w)
	}
	return wakers
}

// retire sets the Closed bit and returns true, or returns false if it was set. The caller that gets true has to free the
// slot in the table and take the waiters.
func (g *Registration) retire() bool { return g.retireFrom(g.state.Load()) }
