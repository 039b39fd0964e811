// Package modetest runs the tests of a package in every mode of a runtime: tasks stay or are stolen,
// with 1, 2, 4 and 8 workers. It is for tests of code that works in every mode:
//
//	func TestMain(m *testing.M) { goleak.VerifyTestMain(modetest.In(m)) }
//
//	func TestX(t *testing.T) {
//		rt, err := executor.New(modetest.Options(executor.Options{}))
//		...
//
// The tests then run once in each mode, or in those that [Env] names.
package modetest

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/moduvex/moduvex-go/executor"
)

// Env names the environment variable that selects modes: a list such as ThreadPerCore/1,WorkStealing/4.
const Env = "EXECUTOR_TEST_MODE"

// A mode is the scheduling and the number of workers that Options fills in.
type mode struct {
	scheduling executor.Scheduling
	workers    int
}

func (m mode) String() string { return fmt.Sprintf("%v/%d", m.scheduling, m.workers) }

// current is the mode of the run that is under way. Written between runs only.
var current = mode{executor.ThreadPerCore, 1}

var (
	all = []mode{
		{executor.ThreadPerCore, 1}, {executor.ThreadPerCore, 2}, {executor.ThreadPerCore, 4}, {executor.ThreadPerCore, 8},
		{executor.WorkStealing, 1}, {executor.WorkStealing, 2}, {executor.WorkStealing, 4}, {executor.WorkStealing, 8},
	}
	// few are for -short: they find most of the faults that all find.
	few = []mode{{executor.ThreadPerCore, 1}, {executor.ThreadPerCore, 4}, {executor.WorkStealing, 2}, {executor.WorkStealing, 8}}
)

// In returns the runs of m, one in each mode, for goleak.VerifyTestMain.
func In(m *testing.M) Runs {
	flag.Parse()
	return Runs{m}
}

// Runs are the runs of a package's tests.
type Runs struct{ m *testing.M }

// Run runs the tests, and returns the worst of the exit codes.
func (r Runs) Run() (code int) {
	for _, mode := range modes() {
		current = mode
		fmt.Println("=== MODE ", mode)
		code = max(code, r.m.Run())
	}
	return code
}

func modes() []mode {
	if f := flag.Lookup("test.bench"); f.Value.String() != "" || flag.Lookup("test.list").Value.String() != "" {
		return all[:1] // benchmarks choose their modes themselves
	}
	if names := os.Getenv(Env); names != "" {
		return named(names)
	}
	if testing.Short() {
		return few
	}
	return all
}

// named returns the modes of a list of names.
func named(names string) (ms []mode) {
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(all, func(m mode) bool { return m.String() == name })
		if i < 0 {
			panic(fmt.Sprintf("%s: there is no mode %q; the modes are %v", Env, name, all))
		}
		ms = append(ms, all[i])
	}
	return ms
}

// Options fills in the mode where opts leaves it open. A runtime with a poller of its own has one
// worker, unless opts says otherwise.
func Options(opts executor.Options) executor.Options {
	_ = os.Getenv(Env) // go test's cache does not know of variables that are read before the tests
	if opts.Scheduling == 0 {
		opts.Scheduling = current.scheduling
	}
	if opts.Workers == 0 {
		opts.Workers = current.workers
		if opts.Poller != nil {
			opts.Workers = 1
		}
	}
	if opts.LockOSThread {
		opts.Scheduling = executor.ThreadPerCore
	}
	return opts
}

// Stealing reports whether workers steal in the mode of this run.
func Stealing() bool { return current.scheduling == executor.WorkStealing }

// First reports whether this is the first of the runs: for tests that do not depend on the mode.
func First() bool { return current == modes()[0] }

// FirstOfScheduling reports whether this is the first of the runs whose workers steal, or the first of those whose do not:
// for long tests that do not depend on the number of workers.
func FirstOfScheduling() bool {
	return current == modes()[slices.IndexFunc(modes(), func(m mode) bool { return m.scheduling == current.scheduling })]
}
