package broadcast

import (
	"errors"
	"fmt"
	"sync"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

var (
	// ErrClosed answers a receiver that has got everything after its sender was closed, or that was
	// closed itself.
	ErrClosed = errors.New("broadcast: channel is closed")

	// ErrEmpty is what TryRecv returns when there is no value yet.
	ErrEmpty = errors.New("broadcast: no value yet")
)

// A LagError tells a receiver that it has lost values, because it was too slow. The next receive
// goes on with the oldest that is left.
type LagError struct {
	Missed uint64 // how many
}

// Error names the number.
func (e *LagError) Error() string {
	return fmt.Sprintf("broadcast: values missed: %d", e.Missed)
}

// A channel is what a sender and its receivers share. All is under mu, and nobody's code runs under
// it.
//
// Values are numbered as they are sent. The ring holds those from first up to but not including
// last, each in the slot of its number. A receiver is at the number of the value that it will get
// next; if that is before first, it has lost those in between.
//
// No wake is lost. A receiver that finds nothing (1) enters waiting, then (2) returns pending. Who
// sends or closes (1) does so, and takes everybody out of waiting, then (2) wakes them. Both first
// steps are under mu. All that wait are woken, so one that gives up has nothing to pass on. A receiver
// that is closed concerns nobody but who waits with it.
type channel[T any] struct {
	mu          sync.Mutex
	ring        []slot[T] // its length is a power of two, or zero
	first, last uint64
	capacity    uint64
	receivers   int
	closed      bool
	waiting     waitlist.List
}

type slot[T any] struct {
	value  T
	unread int // receivers that have yet to get it
}

// firstRing is how long a ring is at first: too short to matter, and long enough for receivers that
// keep up.
const firstRing = 4

func (c *channel[T]) slot(n uint64) *slot[T] { return &c.ring[n&uint64(len(c.ring)-1)] }

// send stores v for all receivers, wakes them, and returns how many they are.
func (c *channel[T]) send(cx *core.Context, v T) int {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		panic("broadcast: Send on a Sender that is closed")
	}
	receivers := c.receivers
	if receivers == 0 {
		c.mu.Unlock()
		return 0
	}
	if c.last-c.first == c.capacity {
		c.release(c.first) // whoever has not got it has lost it
		c.trim()
	}
	if c.last-c.first == uint64(len(c.ring)) {
		c.grow()
	}
	*c.slot(c.last) = slot[T]{v, receivers}
	c.last++
	if c.waiting.Len() == 0 {
		c.mu.Unlock()
		return receivers
	}
	c.waiting.WakeAll(&c.mu, waitlist.Granted, cx)
	return receivers
}

// release lets go of the value of n. Under mu.
func (c *channel[T]) release(n uint64) { *c.slot(n) = slot[T]{} }

// trim takes away what nobody will get from the old end. Under mu.
func (c *channel[T]) trim() {
	for c.first < c.last && c.slot(c.first).unread == 0 {
		c.first++
	}
}

// grow makes the ring twice as long. Under mu.
func (c *channel[T]) grow() {
	old := c.ring
	c.ring = make([]slot[T], max(firstRing, 2*len(old)))
	for n := c.first; n < c.last; n++ {
		*c.slot(n) = old[n&uint64(len(old)-1)]
	}
}

func (c *channel[T]) close(cx *core.Context) {
	c.mu.Lock()
	c.closed = true
	c.waiting.WakeAll(&c.mu, waitlist.Closed, cx)
}

// subscribe makes a receiver that is at n. Under mu.
func (c *channel[T]) subscribe(n uint64) *Receiver[T] {
	c.receivers++
	return &Receiver[T]{c: c, next: n}
}

// recv takes what is next for r, if there is something: a value, or an error. Under mu.
func (c *channel[T]) recv(r *Receiver[T]) (res Result[T], ok bool) {
	switch {
	case r.closed:
		res.Err = ErrClosed
	case r.next < c.first:
		res.Err = &LagError{c.first - r.next}
		r.next = c.first
	case r.next < c.last:
		res.Value = c.slot(r.next).value
		c.got(r.next)
		r.next++
		c.trim()
	case c.closed:
		res.Err = ErrClosed
	default:
		return res, false
	}
	return res, true
}

// got notes that one receiver less has yet to get the value of n. Under mu.
func (c *channel[T]) got(n uint64) {
	if s := c.slot(n); s.unread > 1 {
		s.unread--
	} else {
		c.release(n)
	}
}

// leave takes r out.
func (c *channel[T]) leave(r *Receiver[T]) {
	c.mu.Lock()
	if r.closed {
		c.mu.Unlock()
		return
	}
	r.closed = true
	c.receivers--
	for n := max(r.next, c.first); n < c.last; n++ {
		c.got(n)
	}
	c.trim()
	w := c.waiting.Take(&r.node, waitlist.Closed)
	c.mu.Unlock()
	waitlist.Wake(nil, w)
}
