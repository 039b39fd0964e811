package broadcast

import (
	"fmt"

	"github.com/moduvex/moduvex-go/core"
)

// A Sender is the end that sends. Its methods may be called from any goroutine. Copies stand for the
// same end.
type Sender[T any] struct{ c *channel[T] }

// New makes a channel whose receivers may fall up to capacity values behind. It has no receiver yet.
func New[T any](capacity int) Sender[T] {
	if capacity <= 0 {
		panic(fmt.Sprintf("broadcast: New with a capacity of %d, which is not positive", capacity))
	}
	return Sender[T]{&channel[T]{capacity: uint64(capacity)}}
}

func (s Sender[T]) channel() *channel[T] {
	if s.c == nil {
		panic("broadcast: a Sender is made by New")
	}
	return s.c
}

// Subscribe returns a receiver of what is sent from now on. After Close there is nothing to receive.
func (s Sender[T]) Subscribe() *Receiver[T] {
	c := s.channel()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.subscribe(c.last)
}

// Send sends v to all receivers that there are, and returns how many they are; if there are none, v
// is not kept. It never waits. It panics after Close.
func (s Sender[T]) Send(v T) int { return s.channel().send(nil, v) }

// SendOn is [Sender.Send] for a caller that is in a poll.
func (s Sender[T]) SendOn(cx *core.Context, v T) int { return s.channel().send(cx, v) }

// Close ends the channel: receivers get what is left, and then [ErrClosed]. A second Close changes
// nothing.
func (s Sender[T]) Close() { s.channel().close(nil) }

// CloseOn is [Sender.Close] for a caller that is in a poll.
func (s Sender[T]) CloseOn(cx *core.Context) { s.channel().close(cx) }

// Receivers returns how many receivers there are.
func (s Sender[T]) Receivers() int {
	c := s.channel()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.receivers
}
