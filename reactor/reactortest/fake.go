package reactortest

import (
	"errors"
	"sync"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/pollerkit"
)

// Fake is a [reactor.Poller] over descriptors that exist only as numbers. A test sets the conditions that hold of them
// with Set, or makes the Fake report some with Fire; it can make calls fail and read what is registered. The Fake
// keeps the whole contract, and reports descriptors first come, first served. [NewFake] makes it.
//
// All methods may be called from any goroutine, Wait by one at a time.
type Fake struct {
	once bool // report a condition under Edge once per Rearm; see RearmFake

	waitMu sync.Mutex    // the Wait in progress, or Close
	wake   chan struct{} // of capacity one: something changed since Wait last checked

	mu       sync.Mutex
	sources  map[uintptr]*source
	levels   map[uintptr]reactor.Readiness // the conditions that hold, registered or not
	queue    []*source                     // those that may have something to report, each once
	failures map[string][]error
	calls    map[string]int
	notified bool
	closed   bool
	nextFD   uintptr // for Pair
}

// source is a registration.
type source struct {
	fd       uintptr
	key      reactor.Key
	interest reactor.Interest
	mode     reactor.Mode
	pending  reactor.Readiness // edges not yet reported
	disarmed reactor.Readiness // the conditions that are not reported until Modify or Rearm
	queued   bool
	deleted  bool
}

var _ reactor.Poller = (*Fake)(nil)

// NewFake returns a Fake that watches nothing yet.
func NewFake() *Fake {
	return &Fake{
		wake:     make(chan struct{}, 1),
		sources:  make(map[uintptr]*source),
		levels:   make(map[uintptr]reactor.Readiness),
		failures: make(map[string][]error),
		calls:    make(map[string]int),
		nextFD:   1 << 20,
	}
}

// Set sets the conditions that hold of fd from then on; fd need not be registered yet. Conditions that did not hold
// before are edges.
func (f *Fake) Set(fd uintptr, ready reactor.Readiness) {
	f.mu.Lock()
	defer f.mu.Unlock()
	rising := ready &^ f.levels[fd]
	f.levels[fd] = ready
	if s := f.sources[fd]; s != nil {
		f.edge(s, rising)
	}
}

// Fire makes fd report ready once, whether it holds or not, and returns whether fd is registered and can report some of
// it. It simulates an edge on top of conditions that hold (more bytes), and spurious events.
func (f *Fake) Fire(fd uintptr, ready reactor.Readiness) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.sources[fd]
	return s != nil && f.edge(s, ready)
}

// FireKey reports ready under key once, registered or not. It simulates a stale event, which the system had reported
// when the descriptor was deleted.
func (f *Fake) FireKey(key reactor.Key, ready reactor.Readiness) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.push(&source{key: key, mode: reactor.Edge, interest: reactor.Readable | reactor.Writable | reactor.Priority, pending: ready})
}

// FailNext makes a call of op ("add", "modify", "delete", "wait", "notify", "close", "rearm") return err and do nothing:
// the next call, or the one after those that earlier calls of FailNext make fail. A failing Close closes nevertheless.
func (f *Fake) FailNext(op string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failures[op] = append(f.failures[op], err)
}

// Calls returns how often op was called.
func (f *Fake) Calls(op string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[op]
}

// Registered returns what fd is registered with, and whether it is.
func (f *Fake) Registered(fd uintptr) (reactor.Key, reactor.Interest, reactor.Mode, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.sources[fd]
	if s == nil {
		return 0, 0, 0, false
	}
	return s.key, s.interest, s.mode, true
}

// Add implements [reactor.Poller].
func (f *Fake) Add(fd uintptr, key reactor.Key, interest reactor.Interest, mode reactor.Mode) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.begin("add"); err != nil {
		return opError("add", fd, err)
	}
	if err := pollerkit.CheckArgs(key, interest, mode); err != nil {
		return opError("add", fd, err)
	}
	if f.sources[fd] != nil {
		return opError("add", fd, reactor.ErrExists)
	}
	s := &source{fd: fd, key: key, interest: interest, mode: mode}
	f.sources[fd] = s
	f.edge(s, f.levels[fd])
	return nil
}

// Modify implements [reactor.Poller].
func (f *Fake) Modify(fd uintptr, key reactor.Key, interest reactor.Interest, mode reactor.Mode) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.begin("modify"); err != nil {
		return opError("modify", fd, err)
	}
	if err := pollerkit.CheckArgs(key, interest, mode); err != nil {
		return opError("modify", fd, err)
	}
	s := f.sources[fd]
	if s == nil {
		return opError("modify", fd, reactor.ErrNotFound)
	}
	s.key, s.interest, s.mode = key, interest, mode
	s.pending, s.disarmed = 0, 0
	f.edge(s, f.levels[fd])
	return nil
}

// Delete implements [reactor.Poller].
func (f *Fake) Delete(fd uintptr) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.begin("delete"); err != nil {
		return opError("delete", fd, err)
	}
	s := f.sources[fd]
	if s == nil {
		return opError("delete", fd, reactor.ErrNotFound)
	}
	s.deleted = true
	delete(f.sources, fd)
	return nil
}

// Wait implements [reactor.Poller].
func (f *Fake) Wait(events []reactor.Event, timeout time.Duration) ([]reactor.Event, error) {
	if !f.waitMu.TryLock() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.closed {
			return events, reactor.ErrClosed
		}
		return events, reactor.ErrBusy
	}
	defer f.waitMu.Unlock()
	f.mu.Lock()
	err := f.begin("wait")
	f.mu.Unlock()
	if err != nil {
		return events, opError("wait", reactor.NoFD, err)
	}
	var expired <-chan time.Time
	if timeout > 0 {
		timer := time.NewTimer(timeout)
		defer timer.Stop()
		expired = timer.C
	}
	for last := timeout == 0; ; {
		all, done, err := f.take(events)
		if err != nil || done || last {
			return all, err
		}
		select {
		case <-f.wake:
		case <-expired:
			last = true
		}
	}
}

// take appends the Events that there are, takes the Notify, and returns whether either ends the Wait.
func (f *Fake) take(events []reactor.Event) ([]reactor.Event, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return events, false, reactor.ErrClosed
	}
	before := len(events)
	events = f.gather(events)
	done := f.notified || len(events) > before
	f.notified = false
	return events, done, nil
}

// Notify implements [reactor.Poller].
func (f *Fake) Notify() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.begin("notify"); err != nil {
		return opError("notify", reactor.NoFD, err)
	}
	f.notified = true
	f.changed()
	return nil
}

// Close implements [reactor.Poller].
func (f *Fake) Close() error {
	f.mu.Lock()
	err := f.begin("close")
	if f.closed {
		f.mu.Unlock()
		return err
	}
	f.closed = true
	f.changed()
	f.mu.Unlock()
	f.waitMu.Lock() // no Wait is in progress
	defer f.waitMu.Unlock()
	return opError("close", reactor.NoFD, err)
}

// begin counts a call and returns the error it is to fail with, if any.
func (f *Fake) begin(op string) error {
	f.calls[op]++
	if f.closed {
		return reactor.ErrClosed
	}
	if queued := f.failures[op]; len(queued) != 0 {
		f.failures[op] = queued[1:]
		return queued[0]
	}
	return nil
}

// changed makes the Wait in progress check again.
func (f *Fake) changed() {
	select {
	case f.wake <- struct{}{}:
	default: // the Wait checks in any case
	}
}

// opError gives err the form that Pollers' errors have.
func opError(op string, fd uintptr, err error) error {
	if err == nil || errors.Is(err, reactor.ErrClosed) {
		return err
	}
	return &reactor.PollError{Op: op, FD: fd, Err: err}
}
