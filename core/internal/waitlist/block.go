package waitlist

import (
	"context"
	"sync"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
)

// Block polls f until it answers, blocking the calling goroutine in between, or until ctx is done:
// then it drops f and returns the cause. An answer that is there by then beats the cancellation; a
// ctx that is done before the first poll is an error without one. Inside a task, by [coro.Nested], it drops
// f as well, and returns core.ErrNested: that task may be the one that has to end the wait.
//
// It is for the futures of core/lock, which need no more of a host than that it wakes.
func Block[T any](ctx context.Context, f core.Future[T]) (value T, err error) {
	if coro.Nested(ctx) {
		core.Drop(f)
		return value, core.ErrNested
	}
	if ctx.Err() != nil {
		core.Drop(f)
		return value, context.Cause(ctx)
	}
	p := parkers.Get().(*parker)
	pending := true
	defer func() {
		parkers.Put(p)
		if pending { // given up, or it panicked
			core.Drop(f)
		}
	}()
	for done := false; ; {
		p.cx.ForHost().Begin(p)
		v, ok := f.Poll(p.cx)
		switch {
		case ok:
			pending = false
			return v, nil
		case done:
			return value, context.Cause(ctx)
		case p.cx.ForHost().Yielded():
			continue
		}
		select {
		case <-p.woken:
		case <-ctx.Done():
			done = true
		}
	}
}

// Direct is the part of coro.Nested that costs nothing, for calls that try before they block: ctx is the Co
// itself. So the commonest mistake shows at the first call, and not only when there is something to wait for.
func Direct(ctx context.Context) bool {
	co, ok := ctx.(*coro.Co)
	return ok && coro.Nested(co)
}

// A parker is the waker of a goroutine that blocks, and the host that its futures see. A wake that
// comes late, when the parker serves another wait, is a spurious one for that.
type parker struct {
	woken chan struct{}
	cx    *core.Context
}

// parkers keeps those that are not in use: a channel and a context are too much for each wait.
var parkers = sync.Pool{New: func() any {
	p := &parker{woken: make(chan struct{}, 1)}
	p.cx = core.NewContext(host{})
	return p
}}

func (p *parker) Wake() {
	select {
	case p.woken <- struct{}{}:
	default:
	}
}

// host is what a plain goroutine has of a host.
type host struct{}

func (host) Wake(w core.Waker)               { w.Wake() }
func (host) WakeLater(w core.Waker)          { w.Wake() }
func (host) IO() any                         { return nil }
func (host) Spawn(core.Task) error           { panic(noHost) }
func (host) Now() time.Duration              { panic(noHost) }
func (host) Epoch() time.Time                { panic(noHost) }
func (host) Arm(*wheel.Entry, time.Duration) { panic(noHost) }
func (host) Disarm(*wheel.Entry)             { panic(noHost) }
func (host) Rand() uint64                    { panic(noHost) }

const noHost = "waitlist: a future that needs a worker was polled by a plain goroutine"
