package executor

import (
	"errors"
	"log/slog"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/internal/drain"
)

// ErrDraining is why awaits fail in [UntilDrain] once the runtime drains.
var ErrDraining = errors.New("executor: the runtime drains")

// Draining returns a channel that is closed when Shutdown or Close begins. Tasks await the function
// [Draining], which blocks no worker.
func (rt *Runtime) Draining() <-chan struct{} {
	rt.assertMade()
	return rt.draining
}

// Draining returns a future that answers when Shutdown or Close of the runtime that polls it begins: at
// once, if it has begun. An idle connection of a server races it with its next request, so that it ends when
// the drain begins, while requests under way go on. Polled by a task outside a runtime of this package, the
// future panics.
func Draining() *Drain { return new(Drain) }

// A Drain is the future that [Draining] returns. The zero Drain is ready for use, so another future may embed
// it; it must not be copied once it has been polled. The one that gives it up calls Drop. It may be polled again
// after an answer, and answers again.
type Drain struct{ hook drain.Hook }

var (
	_ core.Future[struct{}] = (*Drain)(nil)
	_ core.Dropper          = (*Drain)(nil)
)

// Poll answers once the runtime drains. Before that, it arranges for the context's waker to be woken then.
func (d *Drain) Poll(cx *core.Context) (struct{}, bool) {
	if !cx.Spend() {
		return struct{}{}, false
	}
	w, ok := cx.Worker().(*worker)
	if !ok {
		panic("executor: Draining outside a runtime of this package")
	}
	if d.hook.Waker != cx.Waker() {
		d.hook.Stop() // so that nobody reads it
		d.hook.Waker = cx.Waker()
	}
	if w.rt.phaseNow() != running || d.hook.Watch(w) {
		d.hook.Stop()
		return struct{}{}, true
	}
	cx.Refund()
	cx.Waits(core.WaitChannel)
	return struct{}{}, false
}

// Drop gives up waiting.
func (d *Drain) Drop() { d.hook.Stop() }

// IsDraining reports whether Shutdown or Close has begun of the runtime of s, which is the *core.Context or
// *coro.Co of a task. It is false if s is of no task of a runtime of this package. The task itself calls it.
func IsDraining(s core.Spawner) bool {
	w := workerOf(s)
	return w != nil && w.rt.phaseNow() != running
}

// UntilDrain runs body in a scope that is cancelled when the runtime drains: from then on its awaits fail with
// a *coro.CancelError that wraps [ErrDraining] and core.ErrCancelled. It is [Draining] for what is waited for in
// direct style, such as the next request of a connection. If the runtime drains already, they fail from
// the start. It returns what body returned. Only the body of co may call it.
func UntilDrain(co *coro.Co, body func(co *coro.Co) error) error {
	if body == nil {
		panic("executor: UntilDrain with a nil body")
	}
	host := co.Context().Worker()
	if _, ok := host.(*worker); !ok {
		panic("executor: UntilDrain outside a runtime of this package")
	}
	return coro.WithCancel(co, func(co *coro.Co, cancel func(cause error)) error {
		hook := drain.Hook{Waker: core.WakerFunc(func() { cancel(ErrDraining) })}
		if hook.Watch(host) {
			cancel(ErrDraining)
		}
		defer hook.Stop()
		return body(co)
	})
}

// DrainList implements drain.Host.
func (w *worker) DrainList() *drain.List { return w.rt.drains.List(w.id) }

// Logger implements hostlog.Host.
func (w *worker) Logger() *slog.Logger { return w.rt.opts.Logger }
