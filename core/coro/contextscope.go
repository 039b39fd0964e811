package coro

import (
	"context"
	"errors"
	"time"
)

// A contextScope is the scope of [WithContext], or that of a task of [NewWithContext].
type contextScope struct {
	cancelScope
	ctx   context.Context
	whole bool // of a task, which it ends
	// around is the depth of the scope that ctx is derived from, if that is one of the scopes around this one, else 0. A
	// look-up that ctx has not answered has seen that scope and the ones around it.
	around uint32
	hasDue bool // ctx has a deadline, which is
	due    time.Time

	fan    *fan // that cancels the scope, or nil; for the body only
	linked bool // in the list of fan: this and the links are under the lock of its fans

	prev, next *contextScope
}

// contextKey is the key of a scope whose value is a *contextScope.
type contextKey struct{}

// WithContext runs body as a part of ctx: when ctx is done, awaits inside fail with a [*CancelError], whose Cause is
// context.Cause(ctx). The Co of body has the values and the deadline of ctx; what ctx has no value for, it takes from the
// scopes around. WithContext returns the error of body.
//
// It is for contexts that a function returns, and for those that a caller passes in:
//
//	ctx, span := tracer.Start(co, "fetch")
//	defer span.End()
//	err := coro.WithContext(co, ctx, func(co *coro.Co) error { ... })
//
// ctx may be derived from co, from the Co of another task, or from no Co. If it is done at the call, the first await
// fails. Otherwise awaits fail a moment after its end, since package context reports that on a goroutine of its own;
// while ctx lives there is none. (A context of a foreign type whose end package context can only wait for is the
// exception: it costs one for each worker with such a scope.) A [Shield] inside keeps the end of ctx out. On a virtual
// clock, the deadline of ctx is still that of ctx, so it comes when ctx says so.
//
// After the call nothing of it is left with ctx, so one context may serve any number of scopes, one after the other or at
// once. Only the body of co may call it; a nil ctx panics.
func WithContext(co *Co, ctx context.Context, body func(co *Co) error) error {
	if ctx == nil {
		panic("coro: WithContext with a nil Context")
	}
	if body == nil {
		panic(textNilScope)
	}
	c := newContextScope(ctx)
	c.open(co)
	defer c.leave()
	c.enter()
	return body(&c.co)
}

func newContextScope(ctx context.Context) *contextScope {
	c := &contextScope{ctx: ctx}
	c.key, c.val = contextKey{}, c
	return c
}

// enter arranges that the end of ctx cancels c.
func (c *contextScope) enter() {
	// The deadline is asked for once: each Co that asked its context's Co in turn would take ever longer.
	c.due, c.hasDue = c.ctx.Deadline()
	from, within := c.origin()
	if within && c.ctx == context.Context(from) {
		return // awaits observe the scopes around in any case
	}
	done := c.ctx.Done()
	switch {
	case done == nil:
	case c.ctx.Err() != nil:
		c.expired(c.ended())
	case within && done == from.Done(): // ctx has values only, as that of a tracer
	default:
		c.co.coroutine.pool.fans.add(c, done)
	}
}

// origin returns the Co that ctx is derived from, if that is the Co of a scope around c or of the body, and sets around.
// within reports whether there is no shield between that scope and c.
func (c *contextScope) origin() (from *Co, within bool) {
	from, ok := c.ctx.Value(coKey{}).(*Co)
	if !ok || from.bodyState != c.co.bodyState {
		return nil, false
	}
	within = true
	for sc := c.parent; sc != from.scope; sc = sc.parent {
		if sc == nil {
			return nil, false // a scope that has ended
		}
		within = within && !sc.shield
	}
	if from.scope != nil {
		c.around = from.scope.depth
	}
	return from, within
}

// leave ends c.
func (c *contextScope) leave() {
	c.close()
	if f := c.fan; f != nil {
		f.remove(c)
	}
}

// ended returns the error of awaits in c, whose context is done.
func (c *contextScope) ended() error {
	return &CancelError{
		Cause:    context.Cause(c.ctx),
		deadline: errors.Is(c.ctx.Err(), context.DeadlineExceeded),
		endsTask: c.whole,
	}
}

// contextDeadline returns the earliest deadline of the contexts of scopes from sc outward to a shield.
func contextDeadline(sc *cancelScope) (deadline time.Time, ok bool) {
	for ; sc != nil; sc = sc.parent {
		if c, is := sc.val.(*contextScope); is && sc.key == (contextKey{}) && c.hasDue && (!ok || c.due.Before(deadline)) {
			deadline, ok = c.due, true
		}
		if sc.shield {
			break
		}
	}
	return deadline, ok
}
