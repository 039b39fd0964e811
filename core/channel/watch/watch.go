package watch

import (
	"errors"
	"sync"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/internal/ends"
	"github.com/moduvex/moduvex-go/core/internal/closed"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

var (
	// ErrClosed is the error of a receiver that has seen the last value after every sender was closed, or that
	// is closed itself; and of a send with a sender that is closed. errors.Is matches it with core.ErrClosed.
	ErrClosed = closed.Error("watch: channel is closed")

	// ErrUnchanged is the error of TryNext when there is no value that the receiver has not seen.
	ErrUnchanged = errors.New("watch: no new value")
)

// A channel is the state that senders and receivers share. mu guards all of it, and no waker and no function of a
// caller runs under mu.
//
// Values are numbered as they are sent, from one. A receiver knows the number of the value that it saw last.
//
// No wake is lost:
//
//	A waiter:              1. finds no change and enters a list, under mu;                     2. returns pending.
//	An end that changes    1. makes the change and takes all waiters out of the list,
//	the state:                under mu;                                                        2. wakes them.
//
// All waiters are woken, so a waiter that gives up has no wake to pass on. The Close of a receiver wakes only the task
// that waits with that receiver.
type channel[T any] struct {
	mu        sync.Mutex
	value     T
	version   uint64
	senders   int           // senders that are not closed
	receivers int           // receivers that are not closed
	gone      ends.Latch    // closed while there is no receiver
	waiting   waitlist.List // receivers that wait for a value
}

// New makes a channel with a first value, which the receiver that it returns has not seen yet.
func New[T any](value T) (*Sender[T], *Receiver[T]) {
	c := &channel[T]{value: value, version: 1, senders: 1, receivers: 1}
	c.gone.Init(&c.mu)
	return &Sender[T]{c: c}, &Receiver[T]{c: c}
}

func (c *channel[T]) get() (value T, version uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.value, c.version
}

// send replaces the value for tx, if version is that of the present value or zero, and reports whether it has.
func (c *channel[T]) send(cx *core.Context, tx *Sender[T], v T, version uint64) (sent bool, err error) {
	c.mu.Lock()
	if tx.closed {
		c.mu.Unlock()
		return false, ErrClosed
	}
	if version != 0 && version != c.version {
		c.mu.Unlock()
		return false, nil
	}
	c.value = v
	c.version++
	if c.waiting.Len() == 0 {
		c.mu.Unlock()
		return true, nil
	}
	c.waiting.WakeAll(&c.mu, waitlist.Granted, cx)
	return true, nil
}

// takeNext marks the value as seen by r and returns it, or an error; ok is false if r has seen it and another
// may yet come. Under mu.
func (c *channel[T]) takeNext(r *Receiver[T]) (res core.Result[T], ok bool) {
	switch {
	case r.closed:
		res.Err = ErrClosed
	case r.seen != c.version:
		r.seen = c.version
		res.Value = c.value
	case c.senders == 0:
		res.Err = ErrClosed
	default:
		return res, false
	}
	return res, true
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

// addReceiver makes a receiver that has seen the value of the given number. Under mu.
func (c *channel[T]) addReceiver(seen uint64) *Receiver[T] {
	c.receivers++
	c.gone.Closed = false
	return &Receiver[T]{c: c, seen: seen}
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
	w := r.waiter.Take(&c.waiting)
	if c.receivers > 0 {
		c.mu.Unlock()
	} else {
		c.gone.Closed = true
		c.gone.WakeAll()
	}
	waitlist.Wake(nil, w)
}
