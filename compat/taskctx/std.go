package taskctx

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
)

// Std returns a context of package context that ends when co does: with the task, by a deadline or a cancel of the scope of
// co or one around it, and at the end of that scope. It has the values and the deadline of co, its Err is that of co,
// and its context.Cause is co.Cause(): core.ErrCancelled, core.ErrDeadlineExceeded or a *coro.CancelError.
//
// A Co is a context itself, and any goroutine may use it as one, also after its end. Std is for a context that is kept for
// long, or that very many others are derived from:
//
//   - After its end it refers to nothing of the task. A Co keeps the task, with its output until that is joined.
//   - A context that is derived from it is its child inside package context, and costs what such a child costs. One that is
//     derived from a Co is registered with the body.
//
// Each call registers a context with co until its end, so a scope calls Std once. After its end the context still has the
// values of co; the context of a coro.WithContext scope among them is kept, with the Co that it was derived from, if any.
// The end of co reaches it through a goroutine that lives for a moment. No goroutine
// waits for that end, and there is nothing to release earlier. Any goroutine may call Std; a nil co panics.
func Std(co *coro.Co) context.Context {
	if co == nil {
		panic("taskctx: Std of a nil Co")
	}
	l := &link{done: co.Done()}
	l.co.Store(co)
	l.deadline, l.timed = co.Deadline()
	ctx, cancel := context.WithCancel(l)
	_ = cancel // it ends with co
	if ctx.Err() != nil {
		l.end()
	}
	return ctx
}

// A link is the parent of a context of package context, and refers to a Co until that has ended. The context takes Err and
// the cause from it at the end, and the values at any time.
type link struct {
	co   atomic.Pointer[coro.Co]
	stop atomic.Pointer[func() bool] // takes back the function that is registered with co

	done     <-chan struct{}
	deadline time.Time
	timed    bool

	ended  sync.Once
	values *core.Values // at the end: set before co is cleared, as err
	err    error
}

func (l *link) Deadline() (deadline time.Time, ok bool) { return l.deadline, l.timed }

func (l *link) Done() <-chan struct{} { return l.done }

func (l *link) Err() error {
	if co := l.co.Load(); co != nil {
		return co.Err()
	}
	return l.err
}

func (l *link) Value(key any) any {
	if co := l.co.Load(); co != nil {
		return co.Value(key)
	}
	v, _ := l.values.Lookup(key)
	return v
}

// AfterFunc is called by package context, once.
func (l *link) AfterFunc(f func()) (stop func() bool) {
	s := l.co.Load().AfterFunc(func() {
		f()
		l.end()
	})
	l.stop.Store(&s) // it refers to the Co
	if l.co.Load() == nil {
		l.stop.Store(nil)
	}
	return func() bool {
		s := l.stop.Load()
		return s != nil && (*s)()
	}
}

// end clears the reference to the Co, after it has taken what stays.
func (l *link) end() {
	l.ended.Do(func() {
		co := l.co.Load()
		l.values, l.err = co.Values(), co.Err()
		l.co.Store(nil)
		l.stop.Store(nil)
	})
}
