package report_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/moduvex/moduvex-go/tools/bench/internal/report"
	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
)

// webReport has two parts of W11, in two rounds.
func webReport() *report.Report {
	idle := spec.Case{Workload: spec.W11, Part: spec.Idle, Contender: spec.NetHTTP, Workers: 2, Live: 18_000, Units: 18_000}
	load := spec.Case{Workload: spec.W11, Part: spec.Load, Contender: spec.NetHTTP, Workers: 1, Live: 1000, SpanMs: 5000, Pinned: true}
	by := func(c spec.Case, contender string) spec.Case { c.Contender = contender; return c }
	return &report.Report{Rounds: 2, Results: []report.Result{
		result(idle, spec.TaskBytes, 20_000, 18_000),
		result(by(idle, spec.Served), spec.TaskBytes, 1000, 1800),
		result(by(idle, spec.ServedCo), spec.TaskBytes, 450, 450),
		result(load, spec.CPUNs, 10_000, 10_000),
		result(by(load, spec.Served), spec.CPUNs, 11_000, 13_000),
	}}
}

// Ratios are made round by round: 0.05 and 0.1 are 0.075, not 1,400 / 19,000.
func TestOneTableHasEachFigureOfAllServersAndItsRatios(t *testing.T) {
	fragment := webReport().Fragment()
	for _, tc := range []struct{ parts, want []string }{
		{[]string{"18,000 idle", "B per idle connection"},
			[]string{"18,000 idle", "B per idle connection", "19,000", "1,400", "0.075x", "450", "0.024x"}},
		{[]string{"wrk with 1,000, one core", "server CPU s per million"},
			[]string{"wrk with 1,000, one core", "server CPU s per million", "10", "12", "1.2x"}},
	} {
		for _, text := range []string{fragment, markdown(t, webReport())} {
			if d := cmp.Diff(tc.want, row(t, text, tc.parts...)); d != "" {
				t.Error(d)
			}
		}
	}
	if !strings.Contains(fragment, "- W11 with 1000 connections, one core: nethttp 1 (1.2x)\n") {
		t.Errorf("it does not say where net/http wins:\n%s", fragment)
	}
}

// The two samples of such a case are minutes apart; its pairs are not.
func TestRatioOfPairsIsPreferredToThatOfSamples(t *testing.T) {
	r := webReport()
	paired := &r.Results[4]
	for i, ratio := range []float64{0.8, 0.9} {
		paired.Samples[i][spec.CPUNs+spec.Paired] = ratio
	}
	text := markdown(t, r)
	cells := row(t, text, "nethttp ", "server CPU s per million / net/http", "<=")
	if d := cmp.Diff([]string{"<= 1x", "0.85x (0.8–0.9)", "ok"}, cells[len(cells)-3:]); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff("0.85x", row(t, text, "wrk with 1,000, one core")[4]); d != "" {
		t.Error(d)
	}
}

// Where server and wrk share the processors there is no target.
func TestSharedProcessorsHaveNoTarget(t *testing.T) {
	r := webReport()
	r.Results = r.Results[3:]
	for i := range r.Results {
		r.Results[i].Case.Pinned, r.Results[i].Case.Workers = false, 2
	}
	if text := markdown(t, r); strings.Contains(text, "## Targets") {
		t.Error(text)
	}
}

func TestServersOfHTTPHaveTargets(t *testing.T) {
	text := markdown(t, webReport())
	for _, tc := range []struct{ parts, want []string }{
		{[]string{"nethttp ", "B per idle connection / net/http"}, []string{"<= 0.083x", "0.075x (0.05–0.1)", "ok"}},
		{[]string{"nethttp ", "B per idle connection  "}, []string{"<= 1,400", "1,400 (1,000–1,800)", "ok"}},
		{[]string{"nethttp-tasks ", "B per idle connection  "}, []string{"<= 500", "450", "ok"}},
		{[]string{"nethttp ", "server CPU s per million / net/http"}, []string{"<= 1x", "1.2x (1.1–1.3)", "**miss by 20 %**"}},
	} {
		cells := row(t, text, append(tc.parts, "<=")...)
		if d := cmp.Diff(tc.want, cells[len(cells)-3:]); d != "" {
			t.Error(d)
		}
	}
}

func TestColumnsThatNoCaseHasAreLeftOut(t *testing.T) {
	text := markdown(t, webReport())
	heads := row(t, text[strings.Index(text, "### 18000 connections, idle"):], "contender")
	if d := cmp.Diff([]string{"contender", "workers", "B per idle connection", "ratio"}, heads); d != "" {
		t.Error(d)
	}
}

func TestEachPartOfTheWebHasAPicture(t *testing.T) {
	r := webReport()
	var names []string
	for _, p := range r.Pictures() {
		names = append(names, p.Name)
		var b bytes.Buffer
		if err := r.WriteSVG(&b, p); err != nil || strings.Count(b.String(), `height="16"`) < 2 {
			t.Errorf("%s: %v\n%s", p.Name, err, &b)
		}
	}
	if d := cmp.Diff([]string{"W11-18000-connections-idle.svg", "W11-1000-connections-one-core.svg"}, names); d != "" {
		t.Error(d)
	}
}
