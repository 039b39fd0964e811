package coro

//lint:file-ignore U1000 staticcheck does not see that cell calls the methods, through a type parameter

import (
	"context"
	"io"

	"github.com/moduvex/moduvex-go/core/task"
)

// NewWithContext is [New] for a task that ends with ctx: the end of ctx is to its body what an abort is.
//
//   - Every await fails, but with a [*CancelError], whose Cause is context.Cause(ctx). A [Shield] keeps that out.
//   - A body that ignores 1,000 of these in a row, with no shielded await in between, is unwound by force.
//   - The task is Cancelled if its body was unwound by force, with that CancelError, or if it returns an error that wraps
//     core.ErrCancelled, with the error that it has returned.
//
// The Co of the body has the values and the deadline of ctx, and ctx is told of the task, as in [WithContext], whose
// comment says when awaits fail. A body whose task was accepted begins, also if ctx is done before. Nothing of the task is
// left with ctx after its end, nor if it is refused. A nil ctx panics.
func NewWithContext[T any](ctx context.Context, body func(co *Co) (T, error)) *task.Slot[T] {
	assertTask("NewWithContext", ctx, body == nil)
	return newCell[T](contextBody[T, valueBody[T]]{body, ctx})
}

// NewDoWithContext is [NewWithContext] for a body that returns an error only, as [NewDo] is [New].
func NewDoWithContext[T any](ctx context.Context, body func(co *Co) error) *task.Slot[T] {
	assertTask("NewDoWithContext", ctx, body == nil)
	return newCell[T](contextBody[T, errorBody[T]]{body, ctx})
}

// NewOwningWithContext is [NewWithContext] for a body that takes r over, as [NewOwning] is [New].
func NewOwningWithContext[T any](ctx context.Context, r io.Closer, body func(co *Co) (T, error)) *task.Slot[T] {
	assertTask("NewOwningWithContext", ctx, body == nil)
	return newOwningCell[T](r, contextBody[T, valueBody[T]]{body, ctx})
}

// NewDoOwningWithContext is [NewOwningWithContext] for a body that returns an error only.
func NewDoOwningWithContext[T any](ctx context.Context, r io.Closer, body func(co *Co) error) *task.Slot[T] {
	assertTask("NewDoOwningWithContext", ctx, body == nil)
	return newOwningCell[T](r, contextBody[T, errorBody[T]]{body, ctx})
}

func assertTask(call string, ctx context.Context, nilBody bool) {
	switch {
	case ctx == nil:
		panic("coro: " + call + " with a nil Context")
	case nilBody:
		panic("coro: " + call + " of a nil body")
	}
}

// A contextBody runs in the scope of its context. The scope is that of the whole task, and no function around the body:
// its frames would stay on the stack. The cell closes it at the end: see leaveContext.
type contextBody[T any, B body[T]] struct {
	body B
	ctx  context.Context
}

func (b contextBody[T, B]) take(co *Co) *Co {
	if co = b.body.take(co); co == nil {
		return nil
	}
	c := newContextScope(b.ctx)
	c.whole = true
	c.open(co)
	c.enter()
	return &c.co
}

func (b contextBody[T, B]) functions() (func(*Co) (T, error), func(*Co) error) {
	return b.body.functions()
}

func (b contextBody[T, B]) pc() uintptr { return b.body.pc() }

// leaveContext closes the scope of the task's context, if the task has one, and returns the error of awaits if the context
// has ended. It may be called again, and returns nil then. The context may panic.
func (s *bodyState) leaveContext() error {
	sc := s.innermost
	if sc == nil {
		return nil
	}
	for sc.parent != nil { // a foreign goroutine is still in a scope
		sc = sc.parent
	}
	c, ok := sc.val.(*contextScope)
	if !ok || !c.whole {
		return nil
	}
	var err error
	if p := c.err.Load(); p != nil {
		err = *p
	}
	c.leave()
	return err
}

// tryLeaveContext is leaveContext where a panic must not continue.
func (s *bodyState) tryLeaveContext() (panicked *task.PanicError, err error) {
	defer func() {
		if v := recover(); v != nil {
			panicked = task.Recovered(v)
		}
	}()
	return nil, s.leaveContext()
}
