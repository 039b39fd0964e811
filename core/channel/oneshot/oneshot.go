package oneshot

import (
	"errors"
	"sync"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

var (
	// ErrClosed answers a receiver whose sender was closed without sending, or which was closed
	// itself before there was a value; and a sender whose receiver is gone.
	ErrClosed = errors.New("oneshot: channel is closed")

	// ErrReceived answers a receiver that has received its value already.
	ErrReceived = errors.New("oneshot: value was received already")

	// ErrEmpty is what TryRecv returns when there is no value yet.
	ErrEmpty = errors.New("oneshot: no value yet")
)

// A Result is what a receiver comes to: the value, or [ErrClosed] or [ErrReceived].
type Result[T any] struct {
	Value T
	Err   error
}

// A channel is what both ends share.
//
// No wake is lost. Who waits (1) looks, and stores its waker, then (2) returns pending. Who changes
// something (1) does so and takes the waker, then (2) wakes. Both first steps are under the lock, and
// nobody's code runs under it.
type channel[T any] struct {
	mu       sync.Mutex
	value    T          // if full
	receiver core.Waker // waits for the value
	sender   core.Waker // waits for the receiver to go

	full         bool
	received     bool
	senderDone   bool // it has sent, or was closed
	receiverDone bool // it takes no value that is yet to be sent: it was closed, or has received
}

// New makes a channel.
func New[T any]() (Sender[T], Receiver[T]) {
	c := &channel[T]{}
	return Sender[T]{c}, Receiver[T]{c}
}

// send stores v. It reports false if nobody will take it.
func (c *channel[T]) send(cx *core.Context, v T) bool {
	c.mu.Lock()
	if c.senderDone {
		c.mu.Unlock()
		panic("oneshot: Send on a Sender that has sent, or is closed")
	}
	c.senderDone = true
	if c.receiverDone {
		c.mu.Unlock()
		return false
	}
	c.value, c.full = v, true
	w := take(&c.receiver)
	c.mu.Unlock()
	waitlist.Wake(cx, w)
	return true
}

func (c *channel[T]) closeSender() {
	c.mu.Lock()
	c.senderDone = true
	w := take(&c.receiver)
	c.mu.Unlock()
	waitlist.Wake(nil, w)
}

// recv takes the value, or the reason why there is none. If one may yet come it reports false, and w
// waits for it.
func (c *channel[T]) recv(cx *core.Context, w core.Waker) (r Result[T], ok bool) {
	c.mu.Lock()
	r, ok = c.look()
	if !ok {
		c.receiver = w
		c.mu.Unlock()
		return r, false
	}
	c.receiver = nil
	sender := take(&c.sender)
	c.mu.Unlock()
	waitlist.Wake(cx, sender)
	return r, true
}

// try is recv that leaves alone who waits for the value.
func (c *channel[T]) try() (r Result[T], ok bool) {
	c.mu.Lock()
	r, ok = c.look()
	var sender, receiver core.Waker
	if ok {
		sender, receiver = take(&c.sender), take(&c.receiver)
	}
	c.mu.Unlock()
	waitlist.Wake(nil, sender)
	waitlist.Wake(nil, receiver)
	return r, ok
}

// look is what a receiver finds. Under c.mu.
func (c *channel[T]) look() (r Result[T], ok bool) {
	switch {
	case c.full:
		var zero T
		r.Value, c.value = c.value, zero
		c.full, c.received, c.receiverDone = false, true, true
	case c.received:
		r.Err = ErrReceived
	case c.senderDone || c.receiverDone:
		r.Err = ErrClosed
	default:
		return r, false
	}
	return r, true
}

// closeReceiver keeps the value if there is one and release is false.
func (c *channel[T]) closeReceiver(release bool) {
	var zero T
	c.mu.Lock()
	c.receiverDone = true
	if release {
		c.value, c.full = zero, false
	}
	sender, receiver := take(&c.sender), take(&c.receiver)
	c.mu.Unlock()
	waitlist.Wake(nil, sender)
	waitlist.Wake(nil, receiver) // which may be somebody else's
}

// awaitGone reports whether the receiver is done; if not it stores w.
func (c *channel[T]) awaitGone(w core.Waker) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.receiverDone {
		c.sender = w
	}
	return c.receiverDone
}

// forget takes a waker back.
func (c *channel[T]) forget(slot *core.Waker) {
	c.mu.Lock()
	*slot = nil
	c.mu.Unlock()
}

func take(slot *core.Waker) core.Waker {
	w := *slot
	*slot = nil
	return w
}
