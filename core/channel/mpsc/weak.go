package mpsc

// A WeakSender is a sender of a bounded channel that does not keep the channel open. To send, the caller
// upgrades it. It may be copied, and any goroutine may use it. The zero WeakSender belongs to no channel: its
// Upgrade returns false.
type WeakSender[T any] struct{ c *channel[T] }

// Upgrade returns a sender, which the caller closes. ok is false if every sender was closed.
func (w WeakSender[T]) Upgrade() (tx *Sender[T], ok bool) {
	if !w.c.upgrade() {
		return nil, false
	}
	return &Sender[T]{c: w.c}, true
}

// A WeakUnboundedSender is the [WeakSender] of an unbounded channel.
type WeakUnboundedSender[T any] struct{ c *channel[T] }

// Upgrade returns a sender, which the caller closes. ok is false if every sender was closed.
func (w WeakUnboundedSender[T]) Upgrade() (tx *UnboundedSender[T], ok bool) {
	if !w.c.upgrade() {
		return nil, false
	}
	return &UnboundedSender[T]{c: w.c}, true
}

func (c *channel[T]) upgrade() bool {
	if c == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.senders == 0 {
		return false
	}
	c.senders++
	return true
}
