package oneshot_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core/channel/oneshot"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
)

// TestZeroValuesNameThemselves: every method of an end that New has not made panics with a text that says so.
func TestZeroValuesNameThemselves(t *testing.T) {
	waittest.ZeroPanics(t, new(oneshot.Sender[int]), "oneshot: a Sender is made by New")
	waittest.ZeroPanics(t, new(oneshot.ClosedFuture[int]), "oneshot: Poll of a ClosedFuture that no Sender has made", "Drop")
	// Recv and RecvWait look at their nil co and ctx first.
	waittest.ZeroPanics(t, new(oneshot.Receiver[int]), "oneshot: a Receiver is made by New", "Recv", "RecvWait")
	waittest.MustPanic(t, "oneshot: a Receiver is made by New", func() { new(oneshot.Receiver[int]).RecvWait(t.Context()) })
	oneshot.ClosedFuture[int]{}.Drop() // nothing
}
