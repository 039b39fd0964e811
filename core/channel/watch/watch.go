package watch

import (
	"errors"
	"sync"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

var (
	// ErrClosed answers a receiver that has seen the last value after its sender was closed, or that
	// was closed itself.
	ErrClosed = errors.New("watch: channel is closed")

	// ErrUnchanged is what TryNext returns when there is no value that the receiver has not seen.
	ErrUnchanged = errors.New("watch: no new value")
)

// A hub is what a sender and its receivers share, but for the value. All is under mu, and nobody's
// code runs under it.
//
// Values are numbered as they are sent, from one. A receiver knows the number of the one that it has
// seen last.
//
// No wake is lost. Who finds nothing (1) enters a list, then (2) returns pending. Who changes
// something (1) does so, and takes everybody out of the list, then (2) wakes them. Both first steps
// are under mu. All that wait are woken, so one that gives up has nothing to pass on. A receiver that is
// closed concerns nobody but who waits with it.
type hub struct {
	mu        sync.Mutex
	version   uint64
	receivers int
	closed    bool
	waiting   waitlist.List // receivers
	senders   waitlist.List // that wait until no receiver is left
}

type channel[T any] struct {
	hub
	value T
}

func (c *channel[T]) get() (value T, version uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.value, c.version
}

// send replaces the value, if version is that of the present one or zero, and reports whether it has.
func (c *channel[T]) send(cx *core.Context, v T, version uint64) bool {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		panic("watch: Send on a Sender that is closed")
	}
	if version != 0 && version != c.version {
		c.mu.Unlock()
		return false
	}
	c.value = v
	c.version++
	if c.waiting.Len() == 0 {
		c.mu.Unlock()
		return true
	}
	c.waiting.WakeAll(&c.mu, waitlist.Granted, cx)
	return true
}

// next gets the value if r has not seen it, or an error; ok is false if there may yet be a new value.
// Under mu.
func (c *channel[T]) next(r *Receiver[T]) (res Result[T], ok bool) {
	switch {
	case r.closed:
		res.Err = ErrClosed
	case r.seen != c.version:
		r.seen = c.version
		res.Value = c.value
	case c.closed:
		res.Err = ErrClosed
	default:
		return res, false
	}
	return res, true
}

func (h *hub) close(cx *core.Context) {
	h.mu.Lock()
	h.closed = true
	h.waiting.WakeAll(&h.mu, waitlist.Closed, cx)
}

// leave takes out a receiver, whose closed and node are given.
func (h *hub) leave(closed *bool, n *waitlist.Node) {
	h.mu.Lock()
	if *closed {
		h.mu.Unlock()
		return
	}
	*closed = true
	h.receivers--
	w := h.waiting.Take(n, waitlist.Closed)
	if h.receivers == 0 {
		h.senders.WakeAll(&h.mu, waitlist.Granted, nil)
	} else {
		h.mu.Unlock()
	}
	waitlist.Wake(nil, w)
}
