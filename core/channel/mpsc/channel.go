package mpsc

import (
	"fmt"
	"math"
	"sync"
	"sync/atomic"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// A Result is what was received, or reserved, or why not.
type Result[V any] struct {
	Value V
	Err   error // nil or ErrClosed
}

// New makes a bounded channel. The capacity must be positive: there is no rendezvous. Memory is
// taken as values are queued, so a capacity that is never used up costs nothing.
func New[T any](capacity int) (*Sender[T], *Receiver[T]) {
	if capacity <= 0 {
		panic(fmt.Sprintf("mpsc: New with a capacity of %d, which is not positive", capacity))
	}
	c := newChannel[T](capacity)
	return &Sender[T]{c: c}, &Receiver[T]{c: c}
}

// Unbounded makes a channel without limit. If the receiver does not keep up it grows until there
// is no memory left.
func Unbounded[T any]() (*UnboundedSender[T], *Receiver[T]) {
	c := newChannel[T](math.MaxInt)
	return &UnboundedSender[T]{c: c}, &Receiver[T]{c: c}
}

// A channel is what both ends share.
//
// A place is what a value takes: values that are queued have one each, and so has each permit and
// each sender that was woken to send. There are never more than the capacity.
type channel[T any] struct {
	// taken is how many values the receiver has taken without the lock. It stores it; senders load
	// it under the lock, to work out how many places are free.
	taken atomic.Uint64
	// crowded says that senders wait for a place. It is stored under the lock, before the sender
	// looks at taken for the last time; the receiver loads it after it has stored taken.
	crowded atomic.Bool

	mu       sync.Mutex // guards what follows, and the producers' side of queue
	capacity uint64
	limit    uint64        // pushed and reserved are less, or there may be no place: see free
	reserved uint64        // places of permits and of senders that were woken
	fetched  uint64        // values that the receiver has taken under the lock
	waiting  waitlist.List // senders that wait for a place
	watching waitlist.List // those who wait for the close
	receiver core.Waker    // of the receiver, while it waits
	senders  int           // that are not closed
	closed   bool          // the receiver wants no more
	gone     bool          // it does not want what is queued either

	queue  queue[T]
	spares sync.Pool // of *spare[T]
}

func newChannel[T any](capacity int) *channel[T] {
	c := &channel[T]{capacity: uint64(capacity), limit: uint64(capacity), senders: 1}
	c.queue.init(capacity)
	return c
}

func (c *channel[T]) len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return int(c.queued())
}

func (c *channel[T]) queued() uint64 { return c.queue.pushed - c.left() }

// left is how many values have left the queue. Under the lock.
func (c *channel[T]) left() uint64 { return c.fetched + c.taken.Load() }

// free reports whether there is a place that nobody has. Under the lock.
func (c *channel[T]) free() bool {
	used := c.queue.pushed + c.reserved
	if used < c.limit {
		return true
	}
	c.limit = c.left() + c.capacity
	return used < c.limit
}

// ended reports whether nothing will be sent any more. Under the lock.
func (c *channel[T]) ended() bool {
	return c.gone || (c.closed || c.senders == 0) && c.reserved == 0
}

// hasPlace reports whether there is a place for a newcomer: nobody waits for it. Under the lock.
func (c *channel[T]) hasPlace() bool { return c.free() && c.waiting.Len() == 0 }

// push queues v and returns the waker of the receiver if it waits. Under the lock.
func (c *channel[T]) push(v T) core.Waker {
	c.queue.push(v)
	return c.takeReceiver()
}

func (c *channel[T]) takeReceiver() core.Waker {
	w := c.receiver
	if w != nil {
		c.receiver = nil
	}
	return w
}

// turn asks for a sender whether it has a place now: Granted, Closed, or Waiting if it was put in
// line. Under the lock. With Granted, the place is the caller's, and not among the reserved ones.
func (c *channel[T]) turn(n *waitlist.Node, cx *core.Context, tx *Sender[T]) waitlist.State {
	if n.State() == waitlist.Idle {
		switch {
		case c.closed || tx.closed:
			return waitlist.Closed
		case c.hasPlace():
			return waitlist.Granted
		}
		return c.queueUp(n, cx.Waker())
	}
	if c.waiting.Rearm(n, cx.Waker()) {
		return waitlist.Waiting
	}
	s := n.State()
	if s == waitlist.Granted {
		c.reserved--
	}
	n.Reset()
	return s
}

// enlist is a poll of a sender that has no budget left for an answer. n gets its place in line all the
// same; if there is a place in the channel, that is reserved for n, which its next poll finds.
func (c *channel[T]) enlist(n *waitlist.Node, w core.Waker, tx *Sender[T]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n.State() != waitlist.Idle || c.closed || tx.closed {
		return
	}
	if c.hasPlace() || c.queueUp(n, w) == waitlist.Granted {
		c.reserved++
		n.Grant(waitlist.Granted)
	}
}

func (c *channel[T]) queueUp(n *waitlist.Node, w core.Waker) waitlist.State {
	c.waiting.Push(n, w)
	c.crowded.Store(true)
	if c.waiting.Len() == 1 && c.free() { // the receiver may have missed it: see crowded
		c.leaveLine(n)
		return waitlist.Granted
	}
	return waitlist.Waiting
}

// leaveLine takes n out of the line, and reports whether it was there. Under the lock.
func (c *channel[T]) leaveLine(n *waitlist.Node) bool {
	was := c.waiting.Remove(n)
	c.crowded.Store(c.waiting.Len() > 0 && !c.closed)
	return was
}

// giveUp is the Drop of a sender that may be in line.
func (c *channel[T]) giveUp(n *waitlist.Node) {
	if n.State() == waitlist.Idle {
		return
	}
	c.mu.Lock()
	if c.leaveLine(n) {
		c.mu.Unlock()
		return
	}
	granted := n.State() == waitlist.Granted
	n.Reset()
	if !granted {
		c.mu.Unlock()
		return
	}
	c.unreserve(nil)
}

// unreserve gives a reserved place to the next in line, or back. The caller holds the lock;
// unreserve releases it.
func (c *channel[T]) unreserve(cx *core.Context) {
	c.reserved--
	w := c.grantOne()
	if w == nil && c.ended() {
		w = c.takeReceiver()
	}
	c.mu.Unlock()
	waitlist.Wake(cx, w)
}

// grantOne reserves a free place for the first in line and returns its waker, or nil. Under the
// lock.
func (c *channel[T]) grantOne() core.Waker {
	if c.waiting.Len() == 0 || !c.free() || c.closed {
		return nil
	}
	c.reserved++
	if c.waiting.Len() == 1 {
		c.crowded.Store(false)
	}
	return c.waiting.Pop(waitlist.Granted)
}

// grant gives the free places to those in line. The receiver calls it, without the lock.
func (c *channel[T]) grant(cx *core.Context) {
	for more := true; more; {
		c.mu.Lock()
		w := c.grantOne()
		more = w != nil && c.waiting.Len() > 0 && c.free()
		c.mu.Unlock()
		waitlist.Wake(cx, w)
	}
}

// addSender counts one more sender, which is cloned from one whose flag is closed.
func (c *channel[T]) addSender(closed *bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if *closed {
		panic("mpsc: Clone of a sender that is closed")
	}
	c.senders++
}

// removeSender closes a sender, whose flag is closed.
func (c *channel[T]) removeSender(closed *bool) error {
	c.mu.Lock()
	if *closed {
		c.mu.Unlock()
		return ErrClosed
	}
	*closed = true
	c.senders--
	var w core.Waker
	if c.ended() {
		w = c.takeReceiver()
	}
	c.mu.Unlock()
	waitlist.Wake(nil, w)
	return nil
}

// close keeps new values out, and with gone gets rid of those that are queued.
func (c *channel[T]) close(gone bool) {
	c.mu.Lock()
	c.closed = true
	if gone && !c.gone {
		c.gone = true
		c.fetched = c.queue.pushed - c.taken.Load()
		c.queue.clear()
	}
	var w core.Waker
	if c.ended() {
		w = c.takeReceiver()
	}
	c.crowded.Store(false)
	c.waiting.WakeAll(&c.mu, waitlist.Closed, nil)
	c.mu.Lock()
	c.watching.WakeAll(&c.mu, waitlist.Closed, nil)
	waitlist.Wake(nil, w)
}

func (c *channel[T]) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}
