package reactor

import (
	"sync"
	"sync/atomic"
	"time"
)

// Reactor hands out Registrations on one Poller and turns that Poller's Events into wakers to wake.
//
// All methods may be called from any goroutine; Wait from one at a time. A Registration may be polled
// from any goroutine too: it belongs to its Reactor's Poller, not to a worker, so a task that moved to
// another worker keeps its descriptors.
type Reactor struct {
	poller  Poller
	rearmer Rearmer // the same Poller if it implements Rearmer, else nil

	// turning is the right to use events: taken and given back by Wait.
	turning atomic.Bool
	events  []Event // reused by every Wait; as long as the busiest one needed

	mu     sync.Mutex // after it a Registration's may be taken, never before
	table  table      // under mu
	closed bool       // under mu; set once
}

// eventsAtFirst is the room for Events that a Reactor starts with. A worker with few busy descriptors
// never needs more; a busier one grows to MaxEvents at most.
const eventsAtFirst = 64

// New returns a Reactor on p. The Reactor owns p from here on: its Close closes p, and nobody else may
// call p's Wait. It panics if p is nil.
func New(p Poller) *Reactor {
	if p == nil {
		panic("reactor: New of a nil Poller")
	}
	rearmer, _ := p.(Rearmer)
	return &Reactor{poller: p, rearmer: rearmer, events: make([]Event, 0, eventsAtFirst)}
}

// Register adds fd to the Poller, once, edge-triggered, for everything in interest: Readable|Writable as a
// rule, and Priority too if short reads are to count as would-block (see [Registration.ClearReady]). What
// holds already is reported by the next Wait; until then the Registration has no
// readiness, so an operation that is likely to succeed may be tried before the first PollReady.
//
// fd stays the caller's: it must be non-blocking and open until Deregister has returned (or use
// [Registration.CloseWith]). Register a connecting socket after connect was called and a listening one
// after listen: before that Linux reports it as hung up, and the closed bits of a Registration are final.
// For the same reason a descriptor whose hang-up can heal, such as a named pipe that is opened again,
// needs a new Registration after it.
//
// Errors: ErrClosed after Close; otherwise those of the Poller's Add.
func (r *Reactor) Register(fd uintptr, interest Interest) (*Registration, error) {
	g := &Registration{reactor: r, fd: fd}
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return nil, ErrClosed
	}
	// The key stands in the table before the Poller knows it: its first event may come at once.
	g.key = r.table.insert(g)
	r.mu.Unlock()

	if err := r.poller.Add(fd, g.key, interest, Edge); err != nil {
		// Close may have come between and emptied the table: only one of the two retires g.
		if g.retire() {
			r.forget(g.key)
		}
		return nil, err
	}
	return g, nil
}

// Wait waits once on the Poller, with the meaning of timeout that Wait gives it, notes what was reported
// in the Registrations concerned, and appends to wakers those that now have something to do. It wakes
// nobody itself: the caller does, when it holds no lock. It appends nothing twice for one waiter of one
// direction, but a waker that waits for both directions or on several descriptors may occur repeatedly.
//
// Wait allocates nothing once its buffers are warm, given a slice with room. Errors: ErrClosed, once
// Close was called; ErrBusy, if another Wait is in progress; those of the Poller's Wait. With an error
// the slice is as it was passed.
func (r *Reactor) Wait(timeout time.Duration, wakers []Waker) ([]Waker, error) {
	if !r.turning.CompareAndSwap(false, true) {
		return wakers, ErrBusy
	}
	events, err := r.poller.Wait(r.events[:0], timeout)
	r.events = events
	if len(events) != 0 {
		wakers = r.dispatch(events, wakers)
	}
	r.turning.Store(false)
	return wakers, err
}

// dispatch notes each event in its registration. One lock serves the batch; a registration that is
// retired meanwhile has left the table before its slot gets another key, so a stale event finds nothing.
func (r *Reactor) dispatch(events []Event, wakers []Waker) []Waker {
	r.mu.Lock()
	for _, ev := range events {
		if g := r.table.lookup(ev.Key); g != nil {
			wakers = g.report(ev.Ready, wakers)
		}
	}
	r.mu.Unlock()
	return wakers
}

// Notify makes the Wait in progress return, or, if there is none, the next one. It coalesces, is never
// lost and may be called from any goroutine; see [Poller.Notify].
func (r *Reactor) Notify() error { return r.poller.Notify() }

// Close closes the Poller and every Registration. In this order:
//
//  1. Register fails from now on, and the table is taken.
//  2. The Poller is closed: a Wait in progress returns ErrClosed, and Close waits for that.
//  3. Each Registration is marked Closed and its waiters are taken.
//  4. All of these are woken, by Close itself, outside every lock; nobody else would ever wake them.
//
// The descriptors stay open; they are their owners' to close, with CloseWith or after a Deregister, which
// returns ErrClosed by now. A second Close returns ErrClosed. The error of the first is the Poller's; the
// Reactor is closed whatever it says.
func (r *Reactor) Close() error {
	// 1
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return ErrClosed
	}
	r.closed = true
	regs := r.table.takeAll()
	r.mu.Unlock()

	// 2
	err := r.poller.Close()

	// 3
	var wakers []Waker
	for _, g := range regs {
		if g.retire() {
			wakers = g.TakeWaiters(Read, wakers)
			wakers = g.TakeWaiters(Write, wakers)
		}
	}

	// 4
	wakeAll(wakers)
	return err
}

// Len returns the number of Registrations that are neither deregistered nor closed.
func (r *Reactor) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.table.len()
}

// forget frees the slot of a retired registration.
func (r *Reactor) forget(key Key) {
	r.mu.Lock()
	r.table.remove(key)
	r.mu.Unlock()
}

func wakeAll(wakers []Waker) {
	for _, w := range wakers {
		w.Wake()
	}
}
