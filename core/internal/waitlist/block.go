package waitlist

import (
	"context"
	"sync"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
)

// Block polls f until it completes, and blocks the calling goroutine in between. If ctx is done first, it
// drops f and returns the cause. A value that is ready by then beats the cancellation; if ctx is done
// before the first poll, there is no poll. Inside a task, by [coro.Nested], Block drops
// f too and returns core.ErrNested: that task may be the one that has to end the wait.
//
// It is for futures that need nothing of a host but wakes and the time, as those of core/lock and core/channel.
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

// Direct is the part of coro.Nested that costs nothing, for calls that try before they block: it reports whether
// ctx is the Co of a running task itself. So the most common mistake fails at the first call, and not only when
// the call has to wait.
func Direct(ctx context.Context) bool {
	co, ok := ctx.(*coro.Co)
	return ok && coro.Nested(co)
}

// A parker is the waker of a goroutine that blocks, with the context of its polls. A late wake, when the
// parker serves another wait, is a spurious wake for that.
type parker struct {
	woken chan struct{}
	cx    *core.Context
}

// parkers keeps unused parkers: a channel and a context for each wait would cost too much.
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

// host is the host of an ordinary goroutine: it can only wake, and tell the time by the system's clock.
type host struct{}

var epoch = time.Now()

func (host) Wake(w core.Waker)               { w.Wake() }
func (host) WakeLater(w core.Waker)          { w.Wake() }
func (host) IO() any                         { return nil }
func (host) Spawn(core.Task) error           { panic(noHost) }
func (host) Now() time.Duration              { return time.Since(epoch) }
func (host) Epoch() time.Time                { return epoch }
func (host) Arm(*wheel.Entry, time.Duration) { panic(noHost) }
func (host) Disarm(*wheel.Entry)             { panic(noHost) }
func (host) Rand() uint64                    { panic(noHost) }

const noHost = "waitlist: a future that needs a worker was polled by an ordinary goroutine"
