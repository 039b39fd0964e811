package exchange

import (
	"errors"
	"sync/atomic"

	"github.com/moduvex/moduvex-go/compat/internal/goroutine"
	"github.com/moduvex/moduvex-go/compat/stdnet"
)

// errOver is the error of a use of an exchange by its own goroutine after the handler has returned.
var errOver = errors.New("nethttp: the handler has returned")

// An owner tells the goroutine of the body, while the handler runs, from all others.
//
// The sign of a goroutine is its own as long as it lives (package goroutine), and the body lives while over is false. So
// a caller with this sign that sees over false is the body. Where a processor has no signs, all goroutines pass.
type owner struct {
	sign uintptr
	over atomic.Bool // the exchange has ended. Written by the body; any goroutine reads it
}

func (o *owner) init() { o.sign = goroutine.Sign() }

// mine reports whether the caller is the body.
func (o *owner) mine() bool { return o.sign == goroutine.Sign() && !o.over.Load() }

// refusal is the error for a caller that is not.
func (o *owner) refusal() error {
	if o.sign == goroutine.Sign() {
		return errOver
	}
	return stdnet.ErrForeign
}
