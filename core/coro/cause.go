package coro

import "context"

// causeKey is the key with which context.Cause asks a context, and so the ones that it is derived from, for the context
// that has the cause. Package context keeps that key to itself; a context that is asked sees it. If a version of Go asks
// in another way, context.Cause of a Co returns what Err returns.
var causeKey = func() any {
	var asked keyOfCause
	context.Cause(&asked)
	if asked.key == nil {
		return noKey{}
	}
	return asked.key
}()

type noKey struct{}

// A keyOfCause is a context that is done, and keeps the key that it is asked for.
type keyOfCause struct {
	context.Context
	key any
}

func (*keyOfCause) Err() error { return context.Canceled }

func (k *keyOfCause) Value(key any) any {
	k.key = key
	return nil
}

// causeCarrier returns a context of package context that ends with the cause of co, in the form that context.Cause asks
// for, or nil if co is not done. A look-up that went on to the context of a [WithContext] scope would find the cause of
// that one: none, for example, after an abort of the task.
func (co *Co) causeCarrier() any {
	cause := co.Cause()
	if cause == nil {
		return nil
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(cause)
	return ctx.Value(causeKey)
}
