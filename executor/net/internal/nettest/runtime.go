package nettest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
)

// NewRuntime makes a runtime in the mode of the run, and closes it at the end of the test. By then the test must have
// closed as many descriptors as it has opened.
//
// Regression: descriptors leaked; it looks for those that a test left open.
func NewRuntime(tb testing.TB) *executor.Runtime {
	tb.Helper()
	return NewRuntimeWith(tb, executor.Options{})
}

// NewRuntimeWith is NewRuntime with options.
func NewRuntimeWith(tb testing.TB, options executor.Options) *executor.Runtime {
	tb.Helper()
	before := OpenFDs(tb)
	rt, err := executor.New(modetest.Options(options))
	if errors.Is(err, errors.ErrUnsupported) {
		tb.Skip("no poller for ", runtime.GOOS)
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		rt.Close()
		// Package net closes in the background the sockets of a dial that was given up.
		for end := time.Now().Add(5 * time.Second); OpenFDs(tb) > before && time.Now().Before(end); {
			time.Sleep(5 * time.Millisecond)
		}
		if now := OpenFDs(tb); now > before {
			tb.Errorf("%d descriptors were open before the test, %d are after it: %v", before, now, FDNames())
		}
	})
	return rt
}

// CountsFDs says that OpenFDs counts, and that FDNames has names.
const CountsFDs = runtime.GOOS == "linux"

// OpenFDs counts the descriptors of the process. Where that is not easy it returns 0.
func OpenFDs(tb testing.TB) int {
	tb.Helper()
	if !CountsFDs {
		return 0
	}
	// Package net's own poller stays open once it was used: use it before the count.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	l.Close()
	return len(descriptors(tb))
}

// FDNames returns what the descriptors of the process refer to, if the system reports it.
func FDNames() (names []string) {
	if !CountsFDs {
		return nil
	}
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return []string{err.Error()}
	}
	for _, e := range entries {
		if name, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%s", e.Name())); err == nil {
			names = append(names, name)
		}
	}
	return names
}

func descriptors(tb testing.TB) []os.DirEntry {
	tb.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		tb.Fatal(err)
	}
	return entries
}
