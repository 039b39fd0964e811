package mpsc

// A WeakSender is a sender of a bounded channel that does not keep it open. To send, one upgrades
// it. It may be copied and used by any goroutine.
type WeakSender[T any] struct{ c *channel[T] }

// Upgrade returns a sender, which the caller closes. ok is false if all senders were closed.
func (w WeakSender[T]) Upgrade() (tx *Sender[T], ok bool) {
	if !w.c.upgrade() {
		return nil, false
	}
	return &Sender[T]{c: w.c}, true
}

// A WeakUnboundedSender is the [WeakSender] of an unbounded channel.
type WeakUnboundedSender[T any] struct{ c *channel[T] }

// Upgrade returns a sender, which the caller closes. ok is false if all senders were closed.
func (w WeakUnboundedSender[T]) Upgrade() (tx *UnboundedSender[T], ok bool) {
	if !w.c.upgrade() {
		return nil, false
	}
	return &UnboundedSender[T]{c: w.c}, true
}

func (c *channel[T]) upgrade() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.senders == 0 {
		return false
	}
	c.senders++
	return true
}
