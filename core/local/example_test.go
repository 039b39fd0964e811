package local_test

import (
	"fmt"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/local"
	"github.com/moduvex/moduvex-go/core/task"
)

var requestID = local.NewKey[string]("request id")

// logLine is deep in the call chain and has no parameter for the id.
func logLine(from local.Source, text string) {
	id, ok := requestID.Get(from)
	if !ok {
		id = "-"
	}
	fmt.Println(id, text)
}

func ExampleKey_With() {
	host := coretest.New(1)
	defer host.Close()

	server := coro.New(func(co *coro.Co) (int, error) {
		logLine(co, "start")
		err := requestID.With(co, "a1", func(co *coro.Co) error {
			logLine(co, "serve")
			return co.Yield()
		})
		logLine(co, "end")
		return 0, err
	})
	host.Spawn(&server.Task)
	host.Run()
	// Output:
	// - start
	// a1 serve
	// - end
}

func ExampleScope() {
	host := coretest.New(1)
	defer host.Close()

	serve := future.Func(func(cx *core.Context) (int, bool) {
		logLine(cx, "serve")
		return 0, true
	})
	for _, id := range []string{"a1", "a2"} {
		request := task.New(local.Scope(requestID, id, serve))
		host.Spawn(&request.Task)
	}
	host.Run()
	// Output:
	// a1 serve
	// a2 serve
}

func ExampleKey_Must() {
	host := coretest.New(1)
	defer host.Close()

	body := coro.New(func(co *coro.Co) (string, error) { return requestID.Must(co), nil })
	host.Spawn(&body.Task)
	host.Run()

	_, err, _ := body.Take()
	fmt.Println(err)
	// Output: task panicked: local: no value for "request id" here: it is outside every scope of that key
}

// A spawned task has no values of its parent, unless it inherits them.
func ExampleInheritBody() {
	host := coretest.New(1)
	defer host.Close()

	audit := func(co *coro.Co) (int, error) { logLine(co, "audit"); return 0, nil }
	server := coro.New(func(co *coro.Co) (int, error) {
		return 0, requestID.With(co, "a1", func(co *coro.Co) error {
			co.Spawn(&coro.New(audit).Task)
			co.Spawn(&coro.New(local.InheritBody(co, audit)).Task)
			return nil
		})
	})
	host.Spawn(&server.Task)
	host.Run()
	// Output:
	// - audit
	// a1 audit
}

func ExampleInherit() {
	host := coretest.New(1)
	defer host.Close()

	audit := future.Func(func(cx *core.Context) (int, bool) { logLine(cx, "audit"); return 0, true })
	server := coro.New(func(co *coro.Co) (int, error) {
		return 0, requestID.With(co, "a1", func(co *coro.Co) error {
			return co.Spawn(&task.New(local.Inherit(co, audit)).Task)
		})
	})
	host.Spawn(&server.Task)
	host.Run()
	// Output: a1 audit
}
