package executor_test

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"runtime/pprof"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/executor"
)

// profiled reports whether the goroutine profile has a worker, or what runs on it, of this name.
func profiled(t *testing.T, name string) bool {
	t.Helper()
	var profile bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		t.Fatal(err)
	}
	return bytes.Contains(profile.Bytes(), fmt.Appendf(nil, `# labels: {"worker":%q}`, name))
}

func TestProfilesTellTheWorkersByName(t *testing.T) {
	for name, want := range map[string]string{"": "moduvex", "importer": "importer"} {
		rt := startRuntime(t, executor.Options{Name: name})
		for i := range rt.Workers() {
			if label := fmt.Sprintf("%s/%d", want, i); !profiled(t, label) {
				t.Errorf("no goroutine has the label %s", label)
			}
			if got := rt.Metrics().Workers[i].Name; got != fmt.Sprintf("%s/%d", want, i) {
				t.Errorf("the metrics name worker %d %s", i, got)
			}
		}
		if label := fmt.Sprintf("%s/%d", want, rt.Workers()); profiled(t, label) {
			t.Errorf("a goroutine has the label %s", label)
		}
		closeRuntime(t, rt)
		eventually(t, "the workers are gone", func() bool { return !profiled(t, want+"/0") })
	}
}

// After a Goexit another goroutine is the worker, under the same name.
func TestWorkerKeepsItsNameAfterAGoexit(t *testing.T) {
	rt := startRuntime(t, executor.Options{Name: "lasting"})
	for i := range rt.Workers() {
		if _, err := join(t, executor.Spawn(rt.On(i), onFirstPoll(runtime.Goexit))); !errors.Is(err, core.ErrGoexit) {
			t.Fatalf("the join returned %v", err)
		}
		joinOK(t, executor.Spawn(rt.On(i), future.Ready(0))) // the other goroutine polls
		if label := fmt.Sprintf("lasting/%d", i); !profiled(t, label) {
			t.Errorf("no goroutine has the label %s", label)
		}
	}
}
