package reactor

import (
	"sync"
	"sync/atomic"
	"time"
)

// Reactor makes Registrations on one Poller and converts that Poller's Events to wakers. [New] makes it; the zero Reactor
// is a closed one, whose methods return ErrClosed.
//
// All methods may be called from any goroutine; Wait by one at a time. A Registration may be used from any goroutine
// too: it belongs to its Reactor's Poller, not to a worker, so a task that has moved to another worker keeps its
// descriptors.
type Reactor struct {
	poller  Poller        // nil in the zero Reactor
	rearmer Rearmer       // the same Poller if it implements Rearmer, else nil
	netpoll NetpollWaiter // likewise

	// waiting is true during a Wait, which alone uses events: the Wait sets it, and clears it when it returns.
	waiting atomic.Bool
	events  []Event // reused by every Wait; as long as the busiest one needed

	mu     sync.Mutex // a method that holds it may take a Registration's mu, not the other way round
	table  table      // under mu
	closed bool       // under mu; set once
}

// initialRoom is how many Events the buffer of a new Reactor takes. A worker with few busy descriptors never needs
// more; the buffer of a busier one grows to MaxEvents at most.
const initialRoom = 64

// New returns a Reactor on p. The Reactor owns p from then on: its Close closes p, and only its Wait may call p's Wait.
// New panics if p is nil.
func New(p Poller) *Reactor {
	if p == nil {
		panic("reactor: New of a nil Poller")
	}
	rearmer, _ := p.(Rearmer)
	netpoll, _ := p.(NetpollWaiter)
	return &Reactor{poller: p, rearmer: rearmer, netpoll: netpoll, events: make([]Event, 0, initialRoom)}
}

// Register adds fd to the Poller, once, edge-triggered, for interest: usually Readable|Writable, and Priority too if short
// reads are to count as would-block (see [Registration.ClearReady]). The next Wait reports the conditions that hold
// already. Until then the Registration has no readiness, so the caller may try an operation that is likely to
// succeed before the first PollReady.
//
// The caller keeps fd: it must be non-blocking, and open until Deregister has returned (or use
// [Registration.CloseWith]). Register a connecting socket after connect was called and a listening one after listen:
// before that Linux reports it as hung up, and the closed bits of a Registration are final. For the same reason a
// descriptor whose hang-up can end, such as a named pipe that is opened again, needs a new Registration then.
//
// Errors: ErrClosed after Close; otherwise those of the Poller's Add.
func (r *Reactor) Register(fd uintptr, interest Interest) (*Registration, error) {
	if r.poller == nil {
		return nil, ErrClosed
	}
	g := &Registration{reactor: r, fd: fd}
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return nil, ErrClosed
	}
	// The key is in the table before the Poller knows it: its first event may come at once.
	g.key = r.table.insert(g)
	r.mu.Unlock()

	if err := r.poller.Add(fd, g.key, interest, Edge); err != nil {
		// Close may have emptied the table in between: only one of the two retires g.
		if g.retire() {
			r.forget(g.key)
		}
		return nil, err
	}
	return g, nil
}

// Wait waits once on the Poller, with the timeout of [Poller.Wait], records the reports in the Registrations, and
// appends to wakers those that wait for what was reported. It wakes none itself: the caller wakes them when it holds
// no lock. It appends a waiter of one direction once, but a waker that waits for both directions or on several
// descriptors may occur repeatedly.
//
// Wait allocates nothing once its buffers are warm, if the slice has room. Errors: ErrClosed, once Close was called;
// ErrBusy, if another Wait is in progress; those of the Poller's Wait. With an error the slice is as it was passed.
func (r *Reactor) Wait(timeout time.Duration, wakers []Waker) ([]Waker, error) {
	return r.wait(timeout, wakers, false)
}

// WaitInNetpoll is Wait, by [NetpollWaiter] if the Poller implements that.
func (r *Reactor) WaitInNetpoll(timeout time.Duration, wakers []Waker) ([]Waker, error) {
	return r.wait(timeout, wakers, r.netpoll != nil)
}

func (r *Reactor) wait(timeout time.Duration, wakers []Waker, inNetpoll bool) ([]Waker, error) {
	if r.poller == nil {
		return wakers, ErrClosed
	}
	if !r.waiting.CompareAndSwap(false, true) {
		return wakers, ErrBusy
	}
	var events []Event
	var err error
	if inNetpoll {
		events, err = r.netpoll.WaitInNetpoll(r.events[:0], timeout)
	} else {
		events, err = r.poller.Wait(r.events[:0], timeout)
	}
	r.events = events
	if len(events) != 0 {
		wakers = r.dispatch(events, wakers)
	}
	r.waiting.Store(false)
	return wakers, err
}

// dispatch records each event in its registration. It takes the lock once for all of them. A registration that is
// retired meanwhile leaves the table before its slot gets another key, so a stale event finds none.
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

// Notify makes the Wait in progress return, or, if there is none, the next one. Notifies coalesce and are never lost;
// see [Poller.Notify].
func (r *Reactor) Notify() error {
	if r.poller == nil {
		return ErrClosed
	}
	return r.poller.Notify()
}

// Close closes the Poller and every Registration. In this order:
//
//  1. Close empties the table; Register fails from then on.
//  2. It closes the Poller: a Wait in progress returns ErrClosed, and Close waits for its return.
//  3. It marks each Registration Closed and takes its waiters.
//  4. It wakes all of these itself, without a lock; no later report would wake them.
//
// The descriptors stay open. Their owners close them, with CloseWith or after a Deregister, which returns ErrClosed
// then. A second Close returns ErrClosed. The first returns the error of the Poller's Close; the Reactor is closed
// nevertheless.
func (r *Reactor) Close() error {
	if r.poller == nil {
		return ErrClosed
	}
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
