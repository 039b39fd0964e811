package executor

import (
	"errors"
	"log/slog"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/internal/drain"
)

// ErrDraining is the cause of the awaits that fail in [UntilDrain] once the runtime drains.
var ErrDraining = errors.New("executor: the runtime drains")

// Draining returns a channel that is closed when Shutdown or Close begins. Any goroutine. A task awaits the function
// [Draining] instead, which blocks no worker.
func (rt *Runtime) Draining() <-chan struct{} {
	rt.assertMade()
	return rt.draining
}

// Draining returns a future that is ready when Shutdown or Close of the runtime that polls it begins: at
// once, if it has begun. An idle connection of a server races it with its next request, so that the connection ends when
// the drain begins, while requests under way go on. The future panics if a task outside a runtime of this package polls
// it.
func Draining() *Drain { return new(Drain) }

// A Drain is the future that [Draining] returns. The zero Drain is ready for use, so another future may embed
// it; it must not be copied once it has been polled. A future that gives it up calls Drop. It may be polled again
// after it was ready, and is ready again.
type Drain struct{ hook drain.Hook }

var (
	_ core.Future[struct{}] = (*Drain)(nil)
	_ core.Dropper          = (*Drain)(nil)
)

// Poll returns true once the runtime drains. Before that it has the context's waker woken when the drain begins.
func (d *Drain) Poll(cx *core.Context) (struct{}, bool) {
	if !cx.Spend() {
		return struct{}{}, false
	}
	w, ok := cx.Worker().(*worker)
	if !ok {
		panic("executor: Draining outside a runtime of this package")
	}
	if d.hook.Waker != cx.Waker() {
		d.hook.Stop() // so that no other goroutine reads it
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

// Drop ends the wait.
func (d *Drain) Drop() { d.hook.Stop() }

// IsDraining reports whether Shutdown or Close of the runtime of s has begun; s is the *core.Context or *coro.Co of the
// task that calls it. It is false if s belongs to no task of a runtime of this package.
func IsDraining(s core.Spawner) bool {
	w := workerOf(s)
	return w != nil && w.rt.phaseNow() != running
}

// UntilDrain runs body in a scope that is cancelled when the runtime drains, and returns what body returned. From the
// drain on, the awaits of body fail with a *coro.CancelError that wraps [ErrDraining] and core.ErrCancelled; if the
// runtime drains already, they fail from the start. It is [Draining] for direct style: for the wait for the next request
// of a connection, say. Only the body of co may call it.
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
