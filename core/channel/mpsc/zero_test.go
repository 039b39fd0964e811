package mpsc_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
)

// TestZeroValuesNameThemselves: every method of an end that no constructor has made panics with a text that
// says how it is made.
func TestZeroValuesNameThemselves(t *testing.T) {
	// Send and SendWait look at their nil co and ctx first.
	waittest.ZeroPanics(t, new(mpsc.Sender[int]), "mpsc: a Sender is made by New", "Send", "SendWait")
	waittest.ZeroPanics(t, new(mpsc.UnboundedSender[int]), "mpsc: an UnboundedSender is made by Unbounded")
	waittest.ZeroPanics(t, new(mpsc.Receiver[int]), "mpsc: a Receiver is made by New or Unbounded", "Drop")
	waittest.ZeroPanics(t, new(mpsc.SendFuture[int]), "mpsc: Poll of a future that no Sender has made", "Drop", "Reset", "Unsent")
	waittest.ZeroPanics(t, new(mpsc.ReserveFuture[int]), "mpsc: Poll of a future that no Sender has made", "Drop")
	waittest.ZeroPanics(t, new(mpsc.RecvManyFuture[int]), "mpsc: Poll of a RecvManyFuture that no Receiver has made", "Drop")
	waittest.ZeroPanics(t, new(mpsc.ClosedFuture), "channel: Poll of a ClosedFuture that no Sender has made", "Drop")
	waittest.MustPanic(t, "mpsc: a Sender is made by New", func() { new(mpsc.Sender[int]).SendWait(t.Context(), 1) })
	new(mpsc.Receiver[int]).Drop() // nothing
	new(mpsc.SendFuture[int]).Drop()
	new(mpsc.ReserveFuture[int]).Drop()
	new(mpsc.RecvManyFuture[int]).Drop()
	new(mpsc.ClosedFuture).Drop()
	if _, ok := (mpsc.WeakSender[int]{}).Upgrade(); ok {
		t.Error("a zero WeakSender was upgraded")
	}
	if _, ok := (mpsc.WeakUnboundedSender[int]{}).Upgrade(); ok {
		t.Error("a zero WeakUnboundedSender was upgraded")
	}
}
