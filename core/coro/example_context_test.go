package coro_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
)

func ExampleWithContext() {
	// A tracer returns a context with the span, derived from the one that it gets.
	type spanKey struct{}
	start := func(ctx context.Context, name string) context.Context {
		outer, _ := ctx.Value(spanKey{}).(string)
		return context.WithValue(ctx, spanKey{}, outer+"/"+name)
	}

	host := coretest.New(1)
	defer host.Close()
	serve := coro.New(func(co *coro.Co) (any, error) {
		var span any
		err := coro.WithContext(co, start(co, "serve"), func(co *coro.Co) error {
			return coro.WithContext(co, start(co, "fetch"), func(co *coro.Co) error {
				span = co.Value(spanKey{})
				return co.Yield()
			})
		})
		return span, err
	})
	host.Spawn(&serve.Task)
	host.Run()

	span, err, _ := serve.Take()
	fmt.Println(span, err)
	// Output: /serve/fetch <nil>
}

// The end of the context is to the task what an abort is: a body that ignores it is unwound by force.
func ExampleNewWithContext() {
	host := coretest.New(1)
	defer host.Close()
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errors.New("the client has gone"))
	stubborn := coro.NewWithContext(ctx, func(co *coro.Co) (int, error) {
		for {
			co.Suspend() // its error is ignored
		}
	})
	host.Spawn(&stubborn.Task)
	host.Run()

	_, err, _ := stubborn.Take()
	fmt.Println(err)
	fmt.Println(stubborn.State())
	// Output:
	// coro: the task's context is done: the client has gone
	// cancelled
}
