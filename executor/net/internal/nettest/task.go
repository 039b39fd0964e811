package nettest

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// A Handle is that of a task of [executor.Do].
type Handle = joinhandle.JoinHandle[struct{}]

// Finish waits for a task and returns its error. It ends the test if the task does not end.
func Finish(tb testing.TB, h Handle) error {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Timeout)
	defer cancel()
	_, err := h.Wait(ctx)
	if errors.Is(err, context.DeadlineExceeded) && !h.Finished() {
		buf := make([]byte, 1<<20)
		tb.Fatalf("the task hangs\n\n%s", buf[:runtime.Stack(buf, true)])
	}
	return err
}

// Do runs body as a task, which must succeed.
func Do(tb testing.TB, rt *executor.Runtime, body func(co *coro.Co) error) {
	tb.Helper()
	if err := Finish(tb, executor.Do(rt, body)); err != nil {
		tb.Fatal(err)
	}
}

// Settle waits until the runtime is idle: all its tasks wait. The tasks that Settle spawns show that the workers do
// not merely wait for a processor.
func Settle(rt *executor.Runtime) {
	beat := func() {
		<-executor.Do(rt, func(*coro.Co) error { return nil }).Done()
	}
	for {
		beat()
		before := rt.Stats().Polls
		time.Sleep(15 * time.Millisecond)
		beat()
		if rt.Stats().Polls-before <= 2 { // the beats
			return
		}
	}
}

// SettleOn is Settle until the only task of an instrumented runtime waits on what is named. A runtime that is idle
// may merely have a peer that gets no processor.
func SettleOn(tb testing.TB, rt *executor.Runtime, what string) {
	tb.Helper()
	for end := time.Now().Add(Timeout); ; {
		Settle(rt)
		tasks := rt.Tasks()
		if len(tasks) == 1 && tasks[0].WaitsOn == what {
			return
		}
		if time.Now().After(end) {
			tb.Fatalf("nothing waits on %s: %v", what, tasks)
		}
	}
}
