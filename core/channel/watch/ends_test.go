package watch_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core/channel/watch"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
)

// TestZeroValuesNameThemselves: every method of an end that no constructor has made panics with a text that
// says how it is made.
func TestZeroValuesNameThemselves(t *testing.T) {
	waittest.ZeroPanics(t, new(watch.Sender[int]), "watch: a Sender is made by New", "Update")
	waittest.ZeroPanics(t, new(watch.Receiver[int]), "watch: a Receiver is made by New or Subscribe")
	waittest.ZeroPanics(t, new(watch.NextFuture[int]), "watch: Poll of a NextFuture that no Receiver has made", "Drop")
	waittest.ZeroPanics(t, new(watch.ClosedFuture), "channel: Poll of a ClosedFuture that no Sender has made", "Drop")
	watch.NextFuture[int]{}.Drop() // nothing
	new(watch.ClosedFuture).Drop()
}

// TestTheChannelEndsWithItsLastSender: each sender has a Close of its own, and the clone of a closed one is closed.
func TestTheChannelEndsWithItsLastSender(t *testing.T) {
	tx, rx := watch.New(0)
	other := tx.Clone()
	tx.Close()
	tx.Close()
	clone := tx.Clone()
	clone.Close()
	if err := clone.Send(1); err != watch.ErrClosed {
		t.Errorf("the clone of a closed sender: have %v", err)
	}
	if err := other.Send(2); err != nil {
		t.Error(err)
	}
	check(t, "one is open", rx, 2, nil)
	check(t, "one is open", rx, 0, watch.ErrUnchanged)
	other.Close()
	check(t, "none is open", rx, 0, watch.ErrClosed)
}
