package lock

import (
	"cmp"
	"context"
	"sync"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// An AcquireFuture is ready with nil once it has its permits, or with [ErrClosed]. The package comment says how it
// is used again.
type AcquireFuture struct {
	p    *permits
	n    int
	node waitlist.Node
}

var (
	_ core.Future[error] = (*AcquireFuture)(nil)
	_ core.Dropper       = (*AcquireFuture)(nil)
)

// Poll acquires the permits, or waits in line for them.
func (f *AcquireFuture) Poll(cx *core.Context) (error, bool) {
	if f.p == nil {
		panic("lock: Poll of a future that no lock has made")
	}
	switch f.p.poll(cx, &f.node, f.n) {
	case waitlist.Granted:
		return nil, true
	case waitlist.Closed:
		return ErrClosed, true
	}
	return nil, false
}

// Drop leaves the line. Permits that were granted already go to the next waiter.
func (f *AcquireFuture) Drop() {
	if f.p != nil {
		f.p.drop(&f.node, f.n)
	}
}

// acquire is the direct style of every type that is made of permits.
func (p *permits) acquire(co *coro.Co, n int) error {
	if err := co.Interrupted(); err != nil {
		return err
	}
	if cx := co.Context(); cx.Spend() {
		if p.tryAcquire(n) {
			return nil
		}
		cx.Refund()
	}
	f := p.borrow(n)
	result, err := coro.Await[error](co, f)
	f.giveBack()
	return cmp.Or(err, result)
}

// acquireWait is acquire for plain goroutines.
func (p *permits) acquireWait(ctx context.Context, n int) error {
	if !waitlist.Direct(ctx) && ctx.Err() == nil && p.tryAcquire(n) {
		return nil
	}
	f := p.borrow(n)
	result, err := waitlist.Block[error](ctx, f)
	f.giveBack()
	return cmp.Or(err, result)
}

// acquireFutures holds the futures that no body and no goroutine waits with.
var acquireFutures = sync.Pool{New: func() any { return new(AcquireFuture) }}

func (p *permits) borrow(n int) *AcquireFuture {
	f := acquireFutures.Get().(*AcquireFuture)
	f.p, f.n = p, n
	return f
}

func (f *AcquireFuture) giveBack() {
	f.p = nil
	acquireFutures.Put(f)
}
