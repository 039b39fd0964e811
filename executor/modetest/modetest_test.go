package modetest_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(checked{modetest.In(m)}) }

// checked are the runs, and the check of what TestARunHasAModeOfItsOwn has seen in them.
type checked struct{ modetest.Runs }

func (c checked) Run() (code int) {
	code = c.Runs.Run()
	if len(seen) == 0 { // another test is selected
		return code
	}
	want := 8
	if names := os.Getenv(modetest.Env); names != "" {
		want = strings.Count(names, ",") + 1
	} else if testing.Short() {
		want = 4
	}
	if first := firsts(); len(seen) != want || first != 1 {
		fmt.Printf("%d modes, of which %d are the first: want %d, and one\n", len(seen), first, want)
		return 1
	}
	return code
}

// seen has the modes of the runs, and which of them is the first.
var seen = map[string]bool{}

func firsts() (n int) {
	for _, first := range seen {
		if first {
			n++
		}
	}
	return n
}

func TestARunHasAModeOfItsOwn(t *testing.T) {
	opts := modetest.Options(executor.Options{})
	if (opts.Scheduling == executor.WorkStealing) != modetest.Stealing() {
		t.Errorf("the options have %v, and Stealing is %t", opts.Scheduling, modetest.Stealing())
	}
	seen[fmt.Sprint(opts.Scheduling, opts.Workers)] = modetest.First()
}

func TestOptionsKeepWhatTheTestSets(t *testing.T) {
	set := executor.Options{Scheduling: executor.WorkStealing, Workers: 3}
	if opts := modetest.Options(set); opts.Scheduling != set.Scheduling || opts.Workers != set.Workers {
		t.Errorf("have %v and %d workers", opts.Scheduling, opts.Workers)
	}
	if opts := modetest.Options(executor.Options{Scheduling: executor.WorkStealing, LockOSThread: true}); opts.Scheduling != executor.ThreadPerCore {
		t.Errorf("have %v with threads that are locked", opts.Scheduling)
	}
}
