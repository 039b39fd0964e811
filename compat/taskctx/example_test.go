package taskctx_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/moduvex/moduvex-go/compat/taskctx"
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

// newRuntime makes a runtime for an example.
func newRuntime() *executor.Runtime {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		panic(err)
	}
	return rt
}

// The join says why the task has ended.
func ExampleGo() {
	rt := newRuntime()
	defer rt.Close()
	ctx, cancel := context.WithCancelCause(context.Background())
	h := taskctx.Go(ctx, rt, func(co *coro.Co) (int, error) {
		return 1, coro.Sleep(co, time.Hour)
	})
	tooSlow := errors.New("too slow")
	cancel(tooSlow)
	_, err := h.Wait(context.Background())
	fmt.Println(err)
	fmt.Println(errors.Is(err, tooSlow), errors.Is(err, context.Canceled), errors.Is(err, core.ErrCancelled))
	// Output:
	// task was cancelled: coro: the task's context is done: too slow
	// true true true
}

// The body sees the values of the context.
func ExampleDo() {
	type requestID struct{}
	rt := newRuntime()
	defer rt.Close()
	ctx := context.WithValue(context.Background(), requestID{}, 17)
	h := taskctx.Do(ctx, rt, func(co *coro.Co) error {
		fmt.Println("request", co.Value(requestID{}))
		return nil
	})
	_, err := h.Wait(ctx)
	fmt.Println(err)
	// Output:
	// request 17
	// <nil>
}

// A context that is done already ends the body at its first await, so the body closes what it owns.
func ExampleGoOwning() {
	rt := newRuntime()
	defer rt.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	conn, peer := io.Pipe() // a connection, say
	h := taskctx.GoOwning(ctx, rt, conn, func(co *coro.Co) (int, error) {
		defer conn.Close()
		return 0, coro.Sleep(co, time.Hour)
	})
	_, err := peer.Write([]byte("hello"))
	fmt.Println(err)
	_, err = h.Wait(context.Background())
	fmt.Println(err)
	// Output:
	// io: read/write on closed pipe
	// task was cancelled: coro: the task's context is done: context canceled
}

// A runtime that is closed refuses the task, and closes what the body was to own.
func ExampleDoOwning() {
	rt := newRuntime()
	rt.Close()
	conn, peer := io.Pipe() // a connection, say
	h := taskctx.DoOwning(context.Background(), rt, conn, func(co *coro.Co) error {
		defer conn.Close()
		return coro.Sleep(co, time.Hour)
	})
	_, err := peer.Write([]byte("hello"))
	fmt.Println(err)
	_, err = h.Wait(context.Background())
	fmt.Println(err)
	// Output:
	// io: read/write on closed pipe
	// core: runtime is shut down
}

// A handler of net/http runs on a goroutine of its own, and has a context that ends with the request.
func ExampleCall() {
	rt := newRuntime()
	defer rt.Close()
	handler := func(w http.ResponseWriter, r *http.Request) {
		text, err := taskctx.Call(r.Context(), rt, func(co *coro.Co) (string, error) {
			return "hello", coro.Sleep(co, time.Millisecond)
		})
		if err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, text)
	}
	w := httptest.NewRecorder()
	handler(w, httptest.NewRequest("GET", "/", nil))
	fmt.Println(w.Code, w.Body)
	// Output: 200 hello
}

// A goroutine that a body starts ends with the scope of the body.
func ExampleStd() {
	rt := newRuntime()
	defer rt.Close()
	ended := make(chan error)
	h := executor.Do(rt, func(co *coro.Co) error {
		return coro.WithTimeout(co, time.Millisecond, func(co *coro.Co) error {
			ctx := taskctx.Std(co)
			go func() {
				<-ctx.Done()
				ended <- context.Cause(ctx)
			}()
			return coro.Sleep(co, time.Hour)
		})
	})
	fmt.Println(<-ended)
	_, err := h.Wait(context.Background())
	fmt.Println(errors.Is(err, context.DeadlineExceeded))
	// Output:
	// core: deadline exceeded
	// true
}
