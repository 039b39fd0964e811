package oneshot

import (
	"errors"
	"sync"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/internal/ends"
	"github.com/moduvex/moduvex-go/core/internal/closed"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

var (
	// ErrClosed is the error of a receive when the sender was closed without sending, or when the receiver
	// was stopped or closed before there was a value; and of a send when the sender has sent or is closed, or
	// when the receiver takes no value any more. errors.Is matches it with core.ErrClosed.
	ErrClosed = closed.Error("oneshot: channel is closed")

	// ErrReceived is the error of a receive after the one that got the value.
	ErrReceived = errors.New("oneshot: value was received already")

	// ErrEmpty is the error of TryRecv when there is no value yet.
	ErrEmpty = errors.New("oneshot: no value yet")
)

// A channel is the state that both ends share. [Sender] and [Receiver] are two types for the same memory, so that a
// channel and its ends are one allocation.
//
// No wake is lost:
//
//	A waiter:                       1. checks the state and stores its waker, under mu;       2. returns pending.
//	An end that changes the state:  1. makes the change and takes the waker, under mu;        2. wakes it.
//
// No waker runs under mu.
type channel[T any] struct {
	mu       sync.Mutex
	value    T    // if full
	receiver slot // waits for the value
	sender   slot // waits until receiverDone

	made         bool // by New
	full         bool // value was sent and not received
	received     bool // value was received
	senderDone   bool // it has sent, or was closed
	receiverDone bool // it takes no value that is yet to be sent: it was stopped or closed, or has received
}

// New makes a channel.
func New[T any]() (*Sender[T], *Receiver[T]) {
	s := &Sender[T]{}
	s.c.made = true
	return s, (*Receiver[T])(s)
}

// send stores v. It reports false if the sender has sent or is closed, or if the receiver takes no value.
func (c *channel[T]) send(cx *core.Context, v T) bool {
	c.mu.Lock()
	fails := c.senderDone || c.receiverDone
	c.senderDone = true
	if fails {
		c.mu.Unlock()
		return false
	}
	c.value, c.full = v, true
	w := c.receiver.take()
	c.mu.Unlock()
	waitlist.Wake(cx, w)
	return true
}

func (c *channel[T]) closeSender(cx *core.Context) {
	c.mu.Lock()
	c.senderDone = true
	w := c.receiver.take()
	c.mu.Unlock()
	waitlist.Wake(cx, w)
}

// recv takes the value, or the reason why there is none. If a value may yet come it reports false, and the
// value wakes w.
func (c *channel[T]) recv(cx *core.Context, w core.Waker) (r core.Result[T], ok bool) {
	c.mu.Lock()
	if r, ok = c.takeResult(); !ok {
		c.register(&c.receiver, w, "oneshot: two tasks or goroutines receive from one Receiver at once")
		return r, false
	}
	c.receiver.waker = nil
	sender := c.sender.take()
	c.mu.Unlock()
	waitlist.Wake(cx, sender)
	return r, true
}

// try is recv for a caller that does not wait. It wakes the task that waits with the receiver as well.
func (c *channel[T]) try() (r core.Result[T], ok bool) {
	c.mu.Lock()
	r, ok = c.takeResult()
	var sender, receiver core.Waker
	if ok {
		sender, receiver = c.sender.take(), c.receiver.take()
	}
	c.mu.Unlock()
	waitlist.Wake(nil, sender)
	waitlist.Wake(nil, receiver)
	return r, ok
}

// takeResult takes what a receive returns now; ok is false if a value may yet come. Under mu.
func (c *channel[T]) takeResult() (r core.Result[T], ok bool) {
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

// closeReceiver makes later sends fail. It keeps a value that was sent already, unless discard is true.
func (c *channel[T]) closeReceiver(discard bool) {
	var zero T
	c.mu.Lock()
	c.receiverDone = true
	if discard {
		c.value, c.full = zero, false
	}
	sender, receiver := c.sender.take(), c.receiver.take()
	c.mu.Unlock()
	waitlist.Wake(nil, sender)
	waitlist.Wake(nil, receiver) // that of another goroutine, if this one does not wait
}

// receiverClosed reports whether the receiver takes no value any more. If not, w unless nil is woken once it does not.
func (c *channel[T]) receiverClosed(w core.Waker) bool {
	c.mu.Lock()
	if !c.receiverDone && w != nil {
		c.register(&c.sender, w, "oneshot: two tasks or goroutines wait in UntilClosed of one Sender at once")
		return false
	}
	defer c.mu.Unlock()
	return c.receiverDone
}

// register stores w in s, or panics with misuse if another waiter has it. The caller holds mu; register
// releases it.
func (c *channel[T]) register(s *slot, w core.Waker, misuse string) {
	conflict := ends.Conflict(s.waker, w)
	if conflict {
		s.refused.Note()
	} else {
		s.waker = w
	}
	c.mu.Unlock()
	if conflict {
		panic(misuse)
	}
}

// unregister takes a waker back, unless the future that is dropped is that of a refused poll.
func (c *channel[T]) unregister(s *slot) {
	c.mu.Lock()
	if !s.refused.Drop() {
		s.waker = nil
	}
	c.mu.Unlock()
}

// A slot holds the waker of the one task or goroutine that waits with an end. Under mu.
type slot struct {
	waker   core.Waker
	refused ends.Refused
}

func (s *slot) take() core.Waker {
	w := s.waker
	s.waker = nil
	return w
}
