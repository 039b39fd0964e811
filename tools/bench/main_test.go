package main

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/moduvex/moduvex-go/tools/bench/internal/harness"
	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
	"github.com/moduvex/moduvex-go/tools/bench/internal/web"
	"github.com/moduvex/moduvex-go/tools/bench/internal/workload"
)

// The children that tests start are this program.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == harness.ChildFlag {
		if err := harness.Child(os.Args[2], os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Setenv("GORACE", "atexit_sleep_ms=0") // else each child of a race test ends a second late
	workload.Quiet()
	goleak.VerifyTestMain(m)
}

func bench(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), args, &out, t.Output())
	return out.String(), err
}

func TestReportIsPrintedSavedAndMadeAgain(t *testing.T) {
	dir := t.TempDir()
	printed, err := bench(t, "-smoke", "-run", "^W9/.*/1/8x", "-out", dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"report.json", "report.md", "W9.svg"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	for _, part := range []string{"goroutines channel", "moduvex direct", "## Targets", "## Growth", "its figures mean nothing"} {
		if !strings.Contains(printed, part) {
			t.Errorf("no %q in\n%s", part, printed)
		}
	}
	readme := filepath.Join(dir, "README.md")
	if err := os.WriteFile(readme, []byte("# A\n<!-- bench: begin; make bench-readme writes what follows -->\n<!-- bench: end -->\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	again, err := bench(t, "-from", filepath.Join(dir, "report.json"), "-readme", readme)
	if err != nil || again != printed {
		t.Errorf("%v\n%s", err, again)
	}
	if text, err := os.ReadFile(readme); err != nil || !strings.Contains(string(text), "W9 mutex") {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestQuickPrintsFiguresAlone(t *testing.T) {
	out, err := bench(t, "-quick", "-rounds", "1", "-run", "^W9/.*/1/")
	line := regexp.MustCompile(`(?m)^W9\.poll\.1 +[0-9.e+-]+ <= 1 +(ok|miss)$`)
	if err != nil || strings.Count(out, "\n") != 2 || !line.MatchString(out) {
		t.Errorf("%v\n%s", err, out)
	}
	if _, err := bench(t, "-quick", "-out", t.TempDir()); err == nil || !strings.Contains(err.Error(), "-quick makes no report") {
		t.Errorf("with -out: %v", err)
	}
}

func TestListNamesTheCases(t *testing.T) {
	out, err := bench(t, "-list", "-run", "W1/")
	if err != nil || !strings.Contains(out, "W1/moduvex-poll-core/2/1000x1000000\n") || strings.Contains(out, "W2") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestGrowthIsLeftOut(t *testing.T) {
	const small = "^W4/moduvex-poll/1/1x20000$" // what it is compared with has another size
	for _, growth := range []bool{true, false} {
		out, err := bench(t, "-smoke", "-run", small, fmt.Sprintf("-growth=%v", growth))
		if err != nil || strings.Contains(out, "## Growth") != growth {
			t.Errorf("-growth=%v: %v\n%s", growth, err, out)
		}
	}
}

// What fails is an error, so that make fails; the rest of the report is printed.
func TestFailureOfAWorkloadFailsTheRun(t *testing.T) {
	out, err := bench(t, "-smoke", "-run", "^W9/goroutines/1/8x", "-timeout", "1ns")
	if err == nil || !strings.Contains(err.Error(), "longer than 1ns") || !strings.Contains(out, "# Benchmarks") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestMistakesAreTold(t *testing.T) {
	for want, args := range map[string][]string{
		"matches no case":   {"-run", "W99"},
		"-rounds 0":         {"-rounds", "0"},
		"unexpected":        {"more"},
		"-conns -1":         {"-conns", "-1"},
		"missing closing":   {"-run", "("},
		"no such file":      {"-from", filepath.Join(t.TempDir(), "none.json")},
		"flag provided but": {"-nonsense"},
	} {
		if _, err := bench(t, args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", args, err)
		}
	}
}

// The system allows fewer connections than that.
func TestFewerDescriptorsAreFewerConnectionsAndTold(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("W11 is for Linux")
	}
	plan := spec.Smoke()
	var log bytes.Buffer
	if err := fitConns(&plan, math.MaxInt32, &log); err != nil {
		t.Fatal(err)
	}
	if n := plan.Conns(); n < 2 || n == math.MaxInt32 || !strings.Contains(log.String(), fmt.Sprintf("W11 has %d connections and not %d", n, math.MaxInt32)) {
		t.Errorf("%d: %q", n, &log)
	}
	out, err := bench(t, "-list", "-conns", "70", "-run", "^W11/(idle|mixed)/nethttp/")
	if want := "W11/idle/nethttp/2/70x70\nW11/mixed/nethttp/1/pinned/70x70\n"; err != nil || out != want {
		t.Errorf("%v\n%s", err, out)
	}
}

// Without wrk the rest is measured, and the run fails with an error that names the package.
func TestLoadWithoutWrkIsLeftOutAndTold(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("W11 is for Linux")
	}
	t.Setenv("PATH", t.TempDir())
	out, err := bench(t, "-smoke", "-conns", "20", "-run", "^W11/(load|idle)/net/http/")
	if !errors.Is(err, web.ErrNoWrk) || !strings.Contains(out, "20 idle") || strings.Contains(out, "wrk with") {
		t.Errorf("%v\n%s", err, out)
	}
}
