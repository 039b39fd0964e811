package signal_test

import (
	"context"
	"errors"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/joinhandle"
	"go.uber.org/goleak"
)

// childEnv names the function of children that the process is to run in place of the tests.
const childEnv = "SIGNAL_TEST_CHILD"

// children are what ends the process it is in.
var children = map[string]func(){}

func TestMain(m *testing.M) {
	if child, ok := children[os.Getenv(childEnv)]; ok {
		child()
		return
	}
	goleak.VerifyTestMain(modetest.In(m))
}

// testTimeout is for what happens at once unless something is broken.
const testTimeout = 20 * time.Second

func within() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), testTimeout)
}

// makeRuntime makes a runtime that the test closes.
func makeRuntime(t testing.TB, opts executor.Options) *executor.Runtime {
	t.Helper()
	rt, err := executor.New(modetest.Options(opts))
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip("no poller for ", runtime.GOOS)
	}
	if err != nil {
		t.Fatal(err)
	}
	return rt
}

// newRuntime makes a runtime that is closed at the end of the test.
func newRuntime(t testing.TB) *executor.Runtime {
	t.Helper()
	rt := makeRuntime(t, executor.Options{})
	t.Cleanup(func() {
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
	})
	return rt
}

// join waits for a task.
func join[T any](t testing.TB, h joinhandle.JoinHandle[T]) (T, error) {
	t.Helper()
	ctx, cancel := within()
	defer cancel()
	v, err := h.Wait(ctx)
	if !h.Finished() {
		t.Fatal("the task hangs")
	}
	return v, err
}

// do runs body as a task, which must succeed.
func do(t testing.TB, rt *executor.Runtime, body func(co *coro.Co) error) {
	t.Helper()
	_, err := join(t, executor.Do(rt, body))
	if err != nil {
		t.Fatal(err)
	}
}

// eventually waits until ok.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(testTimeout); !ok(); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(end) {
			t.Fatalf("timeout after %v: %s", testTimeout, what)
		}
	}
}

// waiting waits until rt has n tasks, all of which wait.
func waiting(t testing.TB, rt *executor.Runtime, n int) {
	t.Helper()
	eventually(t, "the tasks wait", func() bool {
		tasks := rt.Tasks()
		for _, s := range tasks {
			if s.State != task.Idle {
				return false
			}
		}
		return len(tasks) == n
	})
}

// receive waits for c.
func receive[T any](t testing.TB, what string, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(testTimeout):
		t.Fatalf("timeout after %v: %s", testTimeout, what)
	}
	return v
}

// panicOf runs f and returns what it panicked with.
func panicOf(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}
