package broadcast

import (
	"errors"
	"fmt"
	"sync"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/internal/ends"
	"github.com/moduvex/moduvex-go/core/internal/closed"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

var (
	// ErrClosed is the error of a receiver that has received everything after every sender was closed, or that
	// is closed itself; and of a send with a sender that is closed. errors.Is matches it with core.ErrClosed.
	ErrClosed = closed.Error("broadcast: channel is closed")

	// ErrEmpty is the error of TryRecv when there is no value yet.
	ErrEmpty = errors.New("broadcast: no value yet")
)

// A LagError tells a receiver that it was too slow and has lost values. The next receive returns the
// oldest value that is left.
type LagError struct {
	Missed uint64 // how many
}

// Error names the number.
func (e *LagError) Error() string {
	return fmt.Sprintf("broadcast: values missed: %d", e.Missed)
}

// A channel is the state that senders and receivers share. mu guards all of it, and no waker runs under mu.
//
// Values are numbered as they are sent. The ring holds those from first up to but not including last, each in
// the slot of its number. A receiver keeps the number of the value that it gets next; if that is before first,
// it has lost the values in between.
//
// No wake is lost:
//
//	A receiver:   1. finds no value and enters waiting, under mu;                           2. returns pending.
//	A sender:     1. sends or closes, and takes all receivers out of waiting, under mu;     2. wakes them.
//
// All of them are woken, so a receiver that gives up has no wake to pass on. The Close of a receiver wakes only the
// task that waits with that receiver.
type channel[T any] struct {
	mu          sync.Mutex
	ring        []slot[T] // its length is a power of two, or zero
	first, last uint64
	capacity    uint64
	senders     int           // senders that are not closed
	receivers   int           // receivers that are not closed
	gone        ends.Latch    // closed while there is no receiver
	waiting     waitlist.List // receivers that wait for a value
}

type slot[T any] struct {
	value  T
	unread int // receivers that have yet to get it
}

// firstRing is the length of a new ring: too short to matter, and long enough for receivers that keep up.
const firstRing = 4

// New makes a channel whose receivers may fall up to capacity values behind. If all receivers subscribe later, close
// the receiver that New returns: the channel keeps values for it.
func New[T any](capacity int) (*Sender[T], *Receiver[T]) {
	if capacity <= 0 {
		panic(fmt.Sprintf("broadcast: New with a capacity of %d, which is not positive", capacity))
	}
	c := &channel[T]{capacity: uint64(capacity), senders: 1, receivers: 1}
	c.gone.Init(&c.mu)
	return &Sender[T]{c: c}, &Receiver[T]{c: c}
}

func (c *channel[T]) slot(n uint64) *slot[T] { return &c.ring[n&uint64(len(c.ring)-1)] }

// send stores v for all receivers on behalf of tx, wakes them, and returns how many they are.
func (c *channel[T]) send(cx *core.Context, tx *Sender[T], v T) (receivers int, err error) {
	c.mu.Lock()
	if tx.closed {
		c.mu.Unlock()
		return 0, ErrClosed
	}
	receivers = c.receivers
	if receivers == 0 {
		c.mu.Unlock()
		return 0, nil
	}
	if c.last-c.first == c.capacity {
		c.release(c.first) // receivers that have not received it have lost it
		c.trim()
	}
	if c.last-c.first == uint64(len(c.ring)) {
		c.grow()
	}
	*c.slot(c.last) = slot[T]{v, receivers}
	c.last++
	if c.waiting.Len() == 0 {
		c.mu.Unlock()
		return receivers, nil
	}
	c.waiting.WakeAll(&c.mu, waitlist.Granted, cx)
	return receivers, nil
}

// release releases the value of n. Under mu.
func (c *channel[T]) release(n uint64) { *c.slot(n) = slot[T]{} }

// trim removes the values at the old end that no receiver will get. Under mu.
func (c *channel[T]) trim() {
	for c.first < c.last && c.slot(c.first).unread == 0 {
		c.first++
	}
}

// grow doubles the length of the ring. Under mu.
func (c *channel[T]) grow() {
	old := c.ring
	c.ring = make([]slot[T], max(firstRing, 2*len(old)))
	for n := c.first; n < c.last; n++ {
		*c.slot(n) = old[n&uint64(len(old)-1)]
	}
}

// closeSender closes tx.
func (c *channel[T]) closeSender(cx *core.Context, tx *Sender[T]) {
	c.mu.Lock()
	if tx.closed {
		c.mu.Unlock()
		return
	}
	tx.closed = true
	if c.senders--; c.senders > 0 {
		c.mu.Unlock()
		return
	}
	c.waiting.WakeAll(&c.mu, waitlist.Closed, cx)
}

// addReceiver makes a receiver that gets value n next. Under mu.
func (c *channel[T]) addReceiver(n uint64) *Receiver[T] {
	c.receivers++
	c.gone.Closed = false
	return &Receiver[T]{c: c, next: n}
}

// takeNext takes what r receives next, a value or an error; ok is false if there is nothing yet. Under mu.
func (c *channel[T]) takeNext(r *Receiver[T]) (res core.Result[T], ok bool) {
	switch {
	case r.closed:
		res.Err = ErrClosed
	case r.next < c.first:
		res.Err = &LagError{c.first - r.next}
		r.next = c.first
	case r.next < c.last:
		res.Value = c.slot(r.next).value
		c.markRead(r.next)
		r.next++
		c.trim()
	case c.senders == 0:
		res.Err = ErrClosed
	default:
		return res, false
	}
	return res, true
}

// markRead notes that one receiver less has yet to get value n. Under mu.
func (c *channel[T]) markRead(n uint64) {
	if s := c.slot(n); s.unread > 1 {
		s.unread--
	} else {
		c.release(n)
	}
}

// closeReceiver closes r.
func (c *channel[T]) closeReceiver(r *Receiver[T]) {
	c.mu.Lock()
	if r.closed {
		c.mu.Unlock()
		return
	}
	r.closed = true
	c.receivers--
	for n := max(r.next, c.first); n < c.last; n++ {
		c.markRead(n)
	}
	c.trim()
	w := r.waiter.Take(&c.waiting)
	if c.receivers > 0 {
		c.mu.Unlock()
	} else {
		c.gone.Closed = true
		c.gone.WakeAll()
	}
	waitlist.Wake(nil, w)
}
