package main

import (
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/executor"
	"go.uber.org/goleak"
)

// TestMain is also the program itself, for the processes that the demo starts.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "-role" {
		main()
		return
	}
	goleak.VerifyTestMain(m)
}

func TestDemo(t *testing.T) {
	needPoller(t)
	var out strings.Builder
	if err := runDemo(demoConfig{Conns: 100, Time: 200 * time.Millisecond}, &out); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	for _, want := range []string{"poll", "direct", "bytes echoed and verified", "aborted"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table has no %q:\n%s", want, &out)
		}
	}
}

func TestDemoNeedsConnections(t *testing.T) {
	if err := runDemo(demoConfig{Conns: 0}, nil); err == nil || !strings.Contains(err.Error(), "-conns 0") {
		t.Errorf("no connections: %v", err)
	}
}

func TestReportIsChecked(t *testing.T) {
	good := serverReport{
		Conns: 3, Spawned: 4, Completed: 3, Cancelled: 1,
		FDs: beforeAfter{5, 5}, Goroutines: beforeAfter{1, 1},
		Client: clientReport{Bytes: 1, Cut: 1},
	}
	if err := good.check(); err != nil {
		t.Error(err)
	}
	for name, spoil := range map[string]func(r *serverReport){
		"wrong byte":    func(r *serverReport) { r.Client.Wrong = 1 },
		"no byte":       func(r *serverReport) { r.Client.Bytes = 0 },
		"failure":       func(r *serverReport) { r.Client.Failed = "so" },
		"unseen abort":  func(r *serverReport) { r.Client.Cut = 0 },
		"missing abort": func(r *serverReport) { r.Cancelled = 0 },
		"lost task":     func(r *serverReport) { r.Completed = 2 },
		"descriptor":    func(r *serverReport) { r.FDs.After = 6 },
		"goroutine":     func(r *serverReport) { r.Goroutines.After = 2 },
	} {
		r := good
		spoil(&r)
		if r.check() == nil {
			t.Errorf("%s: nothing is said", name)
		}
	}
}

// needPoller skips a test on a system that has no poller, such as solaris.
func needPoller(t *testing.T) {
	t.Helper()
	rt, err := executor.New(executor.Options{})
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip("no poller for ", runtime.GOOS)
	}
	if err != nil {
		t.Fatal(err)
	}
	rt.Close()
}
