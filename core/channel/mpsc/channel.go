package mpsc

import (
	"fmt"
	"math"
	"sync"
	"sync/atomic"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/internal/ends"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// New makes a bounded channel. The capacity must be positive: there is no rendezvous. The channel takes
// memory as values are queued, so a capacity that is never used up costs nothing.
func New[T any](capacity int) (*Sender[T], *Receiver[T]) {
	if capacity <= 0 {
		panic(fmt.Sprintf("mpsc: New with a capacity of %d, which is not positive", capacity))
	}
	c := newChannel[T](capacity)
	return &Sender[T]{c: c}, &Receiver[T]{c: c}
}

// Unbounded makes a channel without limit. If the receiver does not keep up, the queue grows until no memory
// is left.
func Unbounded[T any]() (*UnboundedSender[T], *Receiver[T]) {
	c := newChannel[T](math.MaxInt)
	return &UnboundedSender[T]{c: c}, &Receiver[T]{c: c}
}

// A channel is the state that both ends share.
//
// A slot is room for one value. Each queued value has one, each permit, and each sender that was woken to
// send. There are never more of them than the capacity.
type channel[T any] struct {
	// taken is the number of values that the receiver has taken without the lock. The receiver stores it;
	// senders load it under the lock, to find how many slots are free.
	taken atomic.Uint64
	// crowded is true while senders wait for a slot. A sender stores it under the lock, before it loads taken
	// for the last time; the receiver loads it after it has stored taken.
	crowded atomic.Bool

	mu       sync.Mutex // guards what follows, and the producers' side of queue
	capacity uint64
	limit    uint64        // while pushed plus reserved is less, a slot is free: see findFreeSlot
	reserved uint64        // slots of permits and of senders that were woken
	fetched  uint64        // values that the receiver has taken under the lock
	waiting  waitlist.List // senders that wait for a slot
	receiver core.Waker    // of the receiver, while it waits
	refused  ends.Refused  // receives that found another one waiting
	senders  int           // senders that are not closed
	intake   ends.Latch    // closed once the receiver takes no new values: Stop
	closed   bool          // the receiver has discarded what was queued as well: Close

	queue  queue[T]
	spares sync.Pool // of *SendFuture[T]
}

func newChannel[T any](capacity int) *channel[T] {
	c := &channel[T]{capacity: uint64(capacity), limit: uint64(capacity), senders: 1}
	c.intake.Init(&c.mu)
	c.queue.init(capacity)
	return c
}

// len is the number of queued values.
func (c *channel[T]) len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return int(c.queue.pushed - c.received())
}

// received is the number of values that have left the queue. Under the lock.
func (c *channel[T]) received() uint64 { return c.fetched + c.taken.Load() }

// findFreeSlot reports whether a slot is free. It moves limit up if the receiver has taken values since.
// Under the lock.
func (c *channel[T]) findFreeSlot() bool {
	used := c.queue.pushed + c.reserved
	if used < c.limit {
		return true
	}
	c.limit = c.received() + c.capacity
	return used < c.limit
}

// admits reports whether a newcomer may have a slot: one is free and no sender waits for it. Under the lock.
func (c *channel[T]) admits() bool { return c.findFreeSlot() && c.waiting.Len() == 0 }

// ended reports whether nothing more will be sent. Under the lock.
func (c *channel[T]) ended() bool {
	return c.closed || (c.intake.Closed || c.senders == 0) && c.reserved == 0
}

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

// acquireSlot is the poll of a sender: Granted, Closed, or Waiting if n is in line. With Granted the slot is
// the caller's, and no longer one of the reserved slots. Under the lock.
func (c *channel[T]) acquireSlot(n *waitlist.Node, cx *core.Context, tx *Sender[T]) waitlist.State {
	if n.State() == waitlist.Idle {
		switch {
		case c.intake.Closed || tx.closed:
			return waitlist.Closed
		case c.admits():
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

// enlist is the poll of a sender that has no budget left for a result. n enters the line anyway; if a slot is
// free, enlist reserves it for n, whose next poll finds it.
func (c *channel[T]) enlist(n *waitlist.Node, w core.Waker, tx *Sender[T]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n.State() != waitlist.Idle || c.intake.Closed || tx.closed {
		return
	}
	if c.admits() || c.queueUp(n, w) == waitlist.Granted {
		c.reserved++
		n.Grant(waitlist.Granted)
	}
}

func (c *channel[T]) queueUp(n *waitlist.Node, w core.Waker) waitlist.State {
	c.waiting.Push(n, w)
	c.crowded.Store(true)
	if c.waiting.Len() == 1 && c.findFreeSlot() { // the receiver may have missed it: see crowded
		c.leaveLine(n)
		return waitlist.Granted
	}
	return waitlist.Waiting
}

// leaveLine takes n out of the line, and reports whether n was in it. Under the lock.
func (c *channel[T]) leaveLine(n *waitlist.Node) bool {
	was := c.waiting.Remove(n)
	c.crowded.Store(c.waiting.Len() > 0 && !c.intake.Closed)
	return was
}

// dropSender is the Drop of a sender that may be in line.
func (c *channel[T]) dropSender(n *waitlist.Node) {
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

// unreserve passes a reserved slot to the next in line, or frees it. The caller holds the lock; unreserve
// releases it.
func (c *channel[T]) unreserve(cx *core.Context) {
	c.reserved--
	w := c.grantOne()
	if w == nil && c.ended() {
		w = c.takeReceiver()
	}
	c.mu.Unlock()
	waitlist.Wake(cx, w)
}

// grantOne reserves a free slot for the first in line and returns its waker, or nil. Under the lock.
func (c *channel[T]) grantOne() core.Waker {
	if c.waiting.Len() == 0 || !c.findFreeSlot() || c.intake.Closed {
		return nil
	}
	c.reserved++
	if c.waiting.Len() == 1 {
		c.crowded.Store(false)
	}
	return c.waiting.Pop(waitlist.Granted)
}

// grant passes the free slots to the senders in line. The receiver calls it, without the lock.
func (c *channel[T]) grant(cx *core.Context) {
	c.mu.Lock()
	w := c.grantOne()
	if w != nil && c.waiting.Len() > 0 && c.findFreeSlot() {
		c.grantMany(w, cx)
		return
	}
	c.mu.Unlock()
	waitlist.Wake(cx, w)
}

// grantMany is the rest of a grant that has more than one free slot to pass: one hold of the lock for a batch of
// senders. w is the waker of the first. The caller holds the lock; grantMany releases it.
//
//go:noinline
func (c *channel[T]) grantMany(w core.Waker, cx *core.Context) {
	var b waitlist.Batch
	for w != nil {
		if b.Add(w); b.Full() {
			c.mu.Unlock()
			b.Wake(cx)
			c.mu.Lock()
		}
		w = c.grantOne()
	}
	c.mu.Unlock()
	b.Wake(cx)
}

// addSender counts the clone of a sender, unless that is closed, by its flag. It returns the flag of the clone.
func (c *channel[T]) addSender(closed *bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !*closed {
		c.senders++
	}
	return *closed
}

// removeSender closes a sender, by its flag.
func (c *channel[T]) removeSender(cx *core.Context, closed *bool) {
	c.mu.Lock()
	if *closed {
		c.mu.Unlock()
		return
	}
	*closed = true
	c.senders--
	var w core.Waker
	if c.ended() {
		w = c.takeReceiver()
	}
	c.mu.Unlock()
	waitlist.Wake(cx, w)
}

// stop keeps new values out, and with discard releases those that are queued.
func (c *channel[T]) stop(discard bool) {
	c.mu.Lock()
	c.intake.Closed = true
	if discard && !c.closed {
		c.closed = true
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
	c.intake.WakeAll()
	waitlist.Wake(nil, w)
}
