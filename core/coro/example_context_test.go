package coro_test

import (
	"context"
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
