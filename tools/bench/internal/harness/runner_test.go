package harness_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/tools/bench/internal/echo"
	"github.com/moduvex/moduvex-go/tools/bench/internal/harness"
	"github.com/moduvex/moduvex-go/tools/bench/internal/report"
	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
	"github.com/moduvex/moduvex-go/tools/bench/internal/web"
)

func newRunner(t *testing.T) *harness.Runner {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return &harness.Runner{Exe: exe, Timeout: time.Minute, Log: t.Output()}
}

// small are three cases that take no time.
func small() (ours, twin, tenfold spec.Case) {
	ours = spec.Case{Workload: spec.W1, Contender: spec.Moduvex, Style: spec.Poll, Workers: 1, Live: 10, Units: 100}
	tenfold = ours
	tenfold.Live, tenfold.Units = 100, 1000
	return ours, ours.Twin(), tenfold
}

func TestRoundsMeasureInTurns(t *testing.T) {
	ours, twin, tenfold := small()
	r := newRunner(t)
	var log bytes.Buffer
	r.Log = &log
	plan := spec.Plan{Cases: []spec.Case{ours, twin}, Growth: [][2]spec.Case{{ours, tenfold}}, GrowthRounds: 2}
	rep, err := r.Run(t.Context(), plan, 3)
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for line := range strings.Lines(log.String()) {
		for i, c := range []spec.Case{ours, twin, tenfold} {
			if strings.Contains(line, c.String()+":") {
				order = append(order, []string{"ours", "twin", "tenfold"}[i])
			}
		}
	}
	want := []string{"ours", "twin", "twin", "ours", "ours", "twin", "tenfold", "tenfold"}
	if !slices.Equal(order, want) {
		t.Errorf("%q, not %q", order, want)
	}
	samples := map[spec.Case]int{}
	for _, res := range rep.Results {
		samples[res.Case] = len(res.Samples)
		if res.GrowthOnly != (res.Case == tenfold) {
			t.Errorf("%v: growth only: %v", res.Case, res.GrowthOnly)
		}
	}
	if samples[ours] != 3 || samples[twin] != 3 || samples[tenfold] != 2 {
		t.Errorf("%v", samples)
	}
}

func TestFailureIsToldAndTheRestMeasured(t *testing.T) {
	ours, twin, _ := small()
	bad := ours
	bad.Contender = "nobody"
	rep, err := newRunner(t).Run(t.Context(), spec.Plan{Cases: []spec.Case{bad, ours, twin}}, 2)
	if err == nil || !strings.Contains(err.Error(), "workload: no such case: W1/nobody") || strings.Count(err.Error(), "exit status") != 1 {
		t.Errorf("%v", err)
	}
	if len(rep.Results) != 2 || slices.ContainsFunc(rep.Results, func(r report.Result) bool { return len(r.Samples) != 2 }) {
		t.Errorf("%+v", rep.Results)
	}
}

func TestWhatHangsIsGivenUp(t *testing.T) {
	c, _, _ := small()
	c.Contender = hangs
	r := newRunner(t)
	r.Timeout = 300 * time.Millisecond
	if _, err := r.Measure(t.Context(), c); err == nil || !strings.Contains(err.Error(), "longer than 300ms") {
		t.Errorf("%v", err)
	}
}

func TestCancelEndsTheRun(t *testing.T) {
	ours, _, _ := small()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := newRunner(t).Run(ctx, spec.Plan{Cases: []spec.Case{ours}}, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestEchoIsMeasuredForEveryContender(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("W8 is for Linux")
	}
	r := newRunner(t)
	var err error
	if r.CServer, err = echo.BuildC(t.Context(), t.TempDir()); err != nil && !errors.Is(err, echo.ErrNoCompiler) {
		t.Fatal(err)
	}
	for _, c := range spec.Smoke().Cases {
		if c.Workload != spec.W8 || c.Live != 64 || c.Contender == spec.RawC && r.CServer == "" {
			continue
		}
		t.Run(c.String(), func(t *testing.T) {
			s, err := r.Measure(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range []string{spec.Rate, spec.P50Us, spec.P99Us, spec.P999Us, spec.RSS, spec.LoadNs, spec.LoadBusy, spec.ServerBusy} {
				if s[m] <= 0 {
					t.Errorf("%s is %v", m, s[m])
				}
			}
		})
	}
}

func TestEachPartOfTheWebIsMeasuredForEveryContender(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("W11 is for Linux")
	}
	_, noWrk := web.Wrk()
	r := newRunner(t)
	p := spec.Smoke()
	p.SetConns(80) // more than come and go before
	for _, c := range p.Cases {
		if c.Workload != spec.W11 {
			continue
		}
		metrics := map[string][]string{
			spec.Idle:  {spec.RSS, spec.GoCount},
			spec.Load:  {spec.CPUNs, spec.Rate, spec.P50Us, spec.P99Us, spec.LoadNs, spec.LoadBusy, spec.ServerBusy},
			spec.Mixed: {spec.CPUNs, spec.Rate, spec.P50Us, spec.P99Us, spec.GoCount},
		}[c.Part]
		t.Run(c.String(), func(t *testing.T) {
			if c.Part == spec.Load && noWrk != nil && os.Getenv("CI") != "true" {
				t.Skip(noWrk)
			}
			s, err := r.Measure(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range metrics {
				if s[m] <= 0 {
					t.Errorf("%s is %v", m, s[m])
				}
			}
			if _, ok := s[spec.TaskBytes]; ok != (c.Part == spec.Idle) { // of so few parked connections it may be anything
				t.Errorf("no bytes of a connection: %v", s)
			}
			for _, m := range []string{spec.CPUNs, spec.Rate, spec.P50Us, spec.P99Us} {
				if ratio, ok := s[m+spec.Paired]; ok != (c.Part == spec.Load && c.IsOurs()) || ok && ratio <= 0 {
					t.Errorf("the ratio of %s to the twin's: %v, %v", m, ratio, ok)
				}
			}
			if _, ok := s[spec.ParkedPart]; ok != (c.Part == spec.Idle && c.IsOurs()) {
				t.Errorf("parked connections: %v", s)
			}
			if c.Contender == spec.NetHTTP && c.Part == spec.Idle && (s[spec.GoCount] < 80 || s[spec.TaskBytes] < 4096) {
				t.Errorf("80 idle connections of net/http: %v", s)
			}
		})
	}
}

func TestOtherProcessorsThanWorkersAreAnError(t *testing.T) {
	ours, _, _ := small()
	ours.Workers = runtime.GOMAXPROCS(0) + 1
	text, err := json.Marshal(map[string]any{"Role": "measure", "Case": ours})
	if err != nil {
		t.Fatal(err)
	}
	if err := harness.Child(string(text), nil, io.Discard); err == nil || !strings.Contains(err.Error(), "processors") {
		t.Error(err)
	}
}

// What the environment says of the garbage collector would be measured.
func TestEnvironmentDoesNotReachTheMeasurement(t *testing.T) {
	t.Setenv("GOMEMLIMIT", "nonsense") // a Go program that sees it does not start
	ours, _, _ := small()
	if _, err := newRunner(t).Measure(t.Context(), ours); err != nil {
		t.Error(err)
	}
}
