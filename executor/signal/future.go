package signal

import (
	"os"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/lock"
)

// RecvFuture returns a receive as a future. It waits in line from its first poll on, not before.
func (s *Stream) RecvFuture() RecvFuture {
	s.assertMade()
	return RecvFuture{s: s, permit: s.permits.AcquireFuture(1)}
}

// A RecvFuture returns the next signal of its stream, or [ErrClosed]. It must not be copied after its first poll. After
// it was ready, and after a Drop, it can be polled again, for the next signal.
type RecvFuture struct {
	s      *Stream
	permit lock.AcquireFuture
}

var (
	_ core.Future[core.Result[os.Signal]] = (*RecvFuture)(nil)
	_ core.Dropper                        = (*RecvFuture)(nil)
)

// Poll takes a signal, or waits in line for one.
func (f *RecvFuture) Poll(cx *core.Context) (r core.Result[os.Signal], ok bool) {
	if f.s == nil {
		panic("signal: Poll of a RecvFuture that no Stream has made")
	}
	if _, ok = f.permit.Poll(cx); ok { // with a permit, or because the stream is closed
		r.Value, r.Err = f.s.take()
	}
	return r, ok
}

// Drop leaves the line. A signal that was meant for f goes to the next receiver in line, or stays in the stream.
func (f *RecvFuture) Drop() { f.permit.Drop() }
