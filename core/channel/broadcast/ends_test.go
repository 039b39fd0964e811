package broadcast_test

import (
	"context"
	"testing"

	"github.com/moduvex/moduvex-go/core/channel/broadcast"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
)

// TestZeroValuesNameThemselves: every method of an end that no constructor has made panics with a text that
// says how it is made.
func TestZeroValuesNameThemselves(t *testing.T) {
	waittest.ZeroPanics(t, new(broadcast.Sender[int]), "broadcast: a Sender is made by New")
	waittest.ZeroPanics(t, new(broadcast.Receiver[int]), "broadcast: a Receiver is made by New or Subscribe")
	waittest.ZeroPanics(t, new(broadcast.RecvFuture[int]), "broadcast: Poll of a RecvFuture that no Receiver has made", "Drop")
	waittest.ZeroPanics(t, new(broadcast.ClosedFuture), "channel: Poll of a ClosedFuture that no Sender has made", "Drop")
	broadcast.RecvFuture[int]{}.Drop() // nothing
	new(broadcast.ClosedFuture).Drop()
}

// TestTheChannelEndsWithItsLastSender: each sender has a Close of its own, and the clone of a closed one is closed.
func TestTheChannelEndsWithItsLastSender(t *testing.T) {
	tx, rx := broadcast.New[int](4)
	other := tx.Clone()
	tx.Close()
	tx.Close()
	clone := tx.Clone()
	clone.Close()
	if n, err := clone.Send(1); n != 0 || err != broadcast.ErrClosed {
		t.Errorf("the clone of a closed sender: have %d, %v", n, err)
	}
	if n, err := other.Send(2); n != 1 || err != nil {
		t.Errorf("have %d, %v", n, err)
	}
	check(t, "one is open", rx, 2)
	other.Close()
	check(t, "none is open", rx, -1000)
}

func TestUntilClosedIsReadyWhenNoReceiverIsLeft(t *testing.T) {
	h := waittest.Host(t)
	tx, rx := broadcast.New[int](4)
	second := tx.Subscribe()
	body := waittest.Body(h, tx.UntilClosed)
	f := tx.UntilClosedFuture()
	w := &waittest.Waker{}
	waittest.Poll(h, w, &f)
	waittest.Settle(h)
	if rx.Close(); tx.Closed() || w.Wakes != 0 || body.Finished() {
		t.Error("one receiver is left")
	}
	second.Close()
	h.Run()
	if _, ok := waittest.Poll(h, w, &f); !tx.Closed() || w.Wakes != 1 || !ok || waittest.Ended(t, body) != nil {
		t.Errorf("no receiver is left: closed %t, woken %d times, ready %t", tx.Closed(), w.Wakes, ok)
	}
	if err := tx.UntilClosedWait(t.Context()); err != nil {
		t.Error(err)
	}
	tx.Subscribe()
	if tx.Closed() {
		t.Error("closed with a receiver")
	}
	if err := tx.UntilClosedWait(waittest.Cancelled()); err != context.Canceled {
		t.Errorf("have %v", err)
	}
}
