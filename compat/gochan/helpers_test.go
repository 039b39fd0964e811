package gochan_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/gochan"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// testTimeout is how long a test waits for what happens at once.
const testTimeout = time.Minute

func startRuntime(t testing.TB) *executor.Runtime {
	t.Helper()
	rt, err := executor.New(modetest.Options(executor.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rt.Close() })
	return rt
}

// eachKind runs test with dedicated helpers, and with shared ones only.
func eachKind(t *testing.T, test func(t *testing.T, rt *executor.Runtime)) {
	t.Run("dedicated", func(t *testing.T) { test(t, startRuntime(t)) })
	t.Run("shared", func(t *testing.T) {
		rt := startRuntime(t)
		gochan.SetLimits(rt, 0, 2)
		test(t, rt)
	})
}

// eventually waits for a condition.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	deadline := time.Now().Add(testTimeout)
	for n := 0; !cond(); n++ {
		if time.Now().After(deadline) {
			t.Fatalf("after %v there is still not: %s", testTimeout, what)
		}
		if n < 100 {
			runtime.Gosched()
		} else {
			time.Sleep(100 * time.Microsecond)
		}
	}
}

func untilWaiting(t testing.TB, rt *executor.Runtime, n int) {
	t.Helper()
	eventually(t, fmt.Sprint(n, " waiting"), func() bool { return gochan.Count(rt).Waiting == n })
}

func untilNoHelper(t testing.TB, rt *executor.Runtime) {
	t.Helper()
	eventually(t, "no helper", func() bool { return gochan.Count(rt).Helpers == 0 })
}

func wait[T any](t testing.TB, h joinhandle.JoinHandle[T]) (T, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
	defer cancel()
	v, err := h.Wait(ctx)
	if ctx.Err() != nil {
		t.Fatalf("a task does not end: %v", err)
	}
	return v, err
}

func ok[T any](t testing.TB, h joinhandle.JoinHandle[T]) T {
	t.Helper()
	v, err := wait(t, h)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// panics checks that the task ended with a panic with this text.
func panics[T any](t testing.TB, h joinhandle.JoinHandle[T], text string) {
	t.Helper()
	_, err := wait(t, h)
	if err == nil || !strings.Contains(err.Error(), "panicked") || !strings.Contains(err.Error(), text) {
		t.Errorf("the task ended with %v, want a panic %q", err, text)
	}
}

// within gives a goroutine's operation on a channel a limit.
func within[T any](t testing.TB, ch <-chan T) (v T, ok bool) {
	t.Helper()
	select {
	case v, ok = <-ch:
	case <-time.After(testTimeout):
		t.Fatal("nothing comes from the channel")
	}
	return v, ok
}

func put[T any](t testing.TB, ch chan<- T, v T) {
	t.Helper()
	select {
	case ch <- v:
	case <-time.After(testTimeout):
		t.Fatal("nothing receives from the channel")
	}
}

// one runs body as a task and waits for it.
func one(t testing.TB, rt *executor.Runtime, body func(co *coro.Co) error) {
	t.Helper()
	ok(t, executor.Do(rt, body))
}
