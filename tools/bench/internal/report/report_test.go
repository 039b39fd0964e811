package report_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/moduvex/moduvex-go/tools/bench/internal/report"
	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
)

// The cases of the reports below.
var (
	poll = spec.Case{Workload: spec.W1, Contender: spec.Moduvex, Style: spec.Poll, Workers: 1, Live: 1000, Units: 1_000_000}
	twin = poll.Twin()
	big  = spec.Case{Workload: spec.W1, Contender: spec.Moduvex, Style: spec.Poll, Workers: 1, Live: 10_000, Units: 10_000_000}
	tcp  = spec.Case{Workload: spec.W8, Contender: spec.Moduvex, Style: spec.Direct, Workers: 1, Live: 1000, Units: 100, Pinned: true}
)

func result(c spec.Case, metric string, values ...float64) report.Result {
	r := report.Result{Case: c}
	for _, v := range values {
		r.Samples = append(r.Samples, spec.Sample{metric: v})
	}
	return r
}

func markdown(t *testing.T, r *report.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.WriteMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// row returns the cells of the first row that has all of the texts.
func row(t *testing.T, text string, parts ...string) []string {
	t.Helper()
lines:
	for line := range strings.Lines(text) {
		for _, p := range parts {
			if !strings.Contains(line, p) {
				continue lines
			}
		}
		cells := strings.Split(strings.Trim(line, "|\n "), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		return cells
	}
	t.Fatalf("no row with %q in\n%s", parts, text)
	return nil
}

func TestTargetsSayOkOrByHowMuch(t *testing.T) {
	for _, tc := range []struct {
		name    string
		results []report.Result
		parts   []string
		want    []string // target, measured, verdict
	}{
		{
			"a ratio that is met", // the rounds' ratios are 0.2, 0.1 and 0.3; that of the medians is 0.25
			[]report.Result{result(poll, spec.Ns, 20, 50, 60), result(twin, spec.Ns, 100, 500, 200)},
			[]string{"W1", "moduvex poll", "<="},
			[]string{"<= 0.22x", "0.2x (0.1–0.3)", "ok"},
		},
		{
			"a ratio that is missed",
			[]report.Result{result(poll, spec.Ns, 44), result(twin, spec.Ns, 100)},
			[]string{"W1", "moduvex poll", "<="},
			[]string{"<= 0.22x", "0.44x", "**miss by 100 %**"},
		},
		{
			"a bound of its own",
			[]report.Result{result(spec.Case{Workload: spec.W7, Contender: spec.Moduvex, Style: spec.Poll, Workers: 1}, spec.TaskBytes, 187)},
			[]string{"W7", "<="},
			[]string{"<= 160", "187", "**miss by 17 %**"},
		},
		{
			"at least so much, in another unit",
			[]report.Result{result(tcp, spec.Rate, 100), result(tcp.Twin(), spec.Rate, 100)},
			[]string{"W8, 1000 connections, one core", ">="},
			[]string{">= 1.3x", "1x", "**miss by 30 %**"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cells := row(t, markdown(t, &report.Report{Results: tc.results}), tc.parts...)
			if d := cmp.Diff(tc.want, cells[len(cells)-3:]); d != "" {
				t.Error(d)
			}
		})
	}
}

// With a root on each worker, the quicker of the goroutines' two ways is what counts, in each round.
func TestRatioIsToTheQuickerTwin(t *testing.T) {
	c := poll
	c.Workers, c.Mode = 2, spec.Core
	twins := c.Twins()
	text := markdown(t, &report.Report{Results: []report.Result{
		result(c, spec.Ns, 10, 10), result(twins[0], spec.Ns, 20, 100), result(twins[1], spec.Ns, 100, 20),
	}})
	cells := row(t, text, "moduvex poll core", "<= 0.2x")
	if have := cells[len(cells)-2]; have != "0.5x" {
		t.Errorf("%q, not 0.5x", have)
	}
}

// What is put on different workers on purpose meets no target of the other modes.
func TestSpreadTasksHaveTargetsOfTheirOwn(t *testing.T) {
	c := spec.Case{Workload: spec.W5, Contender: spec.Moduvex, Style: spec.Poll, Workers: 2, Mode: spec.Spread}
	text := markdown(t, &report.Report{Results: []report.Result{result(c, spec.Ns, 5), result(c.Twin(), spec.Ns, 1)}})
	if strings.Contains(text, "## Targets") {
		t.Error(text)
	}
	c.Workload = spec.W3
	text = markdown(t, &report.Report{Results: []report.Result{result(c, spec.Ns, 6), result(c.Twin(), spec.Ns, 1)}})
	if row(t, text, "moduvex poll spread", "<= 5x"); strings.Count(text, "<= ") != 1 {
		t.Error(text)
	}
}

// figures are the names of the lines of WriteFigures, for a report in which each case of the plan has each metric.
func figures(t *testing.T, p spec.Plan) (names []string) {
	t.Helper()
	all := spec.Sample{}
	for _, m := range []string{spec.Ns, spec.CPUNs, spec.CPUSeconds, spec.RSS, spec.BeyondMs, spec.LateMs, spec.TaskBytes, spec.Rate,
		spec.P99Us, spec.GCCPUMs, spec.HeapBytes, spec.GoCount} {
		all[m] = 1
	}
	r := &report.Report{}
	for _, c := range p.Cases {
		r.Results = append(r.Results, report.Result{Case: c, Samples: []spec.Sample{all}})
	}
	var b strings.Builder
	if err := r.WriteFigures(&b); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		names = append(names, strings.Fields(line)[0])
	}
	return names
}

func TestFiguresHaveNamesOfTheirOwnAndNoneIsLeftOut(t *testing.T) {
	names := figures(t, spec.Quick())
	seen := map[string]bool{}
	for _, name := range names {
		if seen[name] {
			t.Errorf("there are two %s", name)
		}
		seen[name] = true
	}
	for _, style := range []string{"poll", "direct"} {
		for _, w := range []string{"W1", "W2", "W3", "W4", "W5", "W7", "W9", "W10"} {
			for _, mode := range []string{"1", "2.core", "2.steal"} {
				if name := w + "." + style + "." + mode; !seen[name] {
					t.Errorf("there is no %s in %q", name, names)
				}
			}
		}
		for _, of := range []string{"W3.%.2.spread", "W9.%.2.spread", "W8.%.1.64.cpu_ns", "W8.%.1.1000.cpu_ns", "W8.%.1.10000.cpu_ns",
			"W8.%.1.1000.rate", "W8.%.1.10000.rate"} {
			if name := strings.Replace(of, "%", style, 1); !seen[name] {
				t.Errorf("there is no %s in %q", name, names)
			}
		}
	}
	for _, name := range []string{"W7.poll.1.ns", "W7.poll.2.core.ns", "W10.poll.2.steal.ns", "GC.direct.2.core.gc_cpu_ms",
		"W11.idle.nethttp.2.bytes", "W11.idle.nethttp.2.bytes.ratio", "W11.idle.nethttp-tasks.2.bytes", "W11.idle.nethttp.TLS.2.bytes.ratio",
		"W11.load.nethttp.1.64.cpu_ns.ratio", "W11.load.nethttp-tasks.1.1000.cpu_ns.ratio", "W11.load.nethttp.1.1000.p99_us.ratio",
		"W11.mixed.nethttp.1.cpu_ns.ratio", "W11.mixed.nethttp-tasks.1.cpu_ns.ratio"} {
		if !seen[name] {
			t.Errorf("there is no %s in %q", name, names)
		}
	}
}

func TestRateThatIsNotTheServersIsMarked(t *testing.T) {
	for name, tc := range map[string]struct {
		server, load float64
		want         string
	}{
		"the server is the limit":    {99, 80, ""},
		"the load is the limit":      {99, 97, "limited by the load generator"},
		"the machine is not idle":    {60, 50, "limited by neither: the machine was not idle"},
		"only the load is the limit": {80, 97, "limited by the load generator"},
	} {
		t.Run(name, func(t *testing.T) {
			ours := report.Result{Case: tcp, Samples: []spec.Sample{{spec.Rate: 100, spec.ServerBusy: tc.server, spec.LoadBusy: tc.load}}}
			r := &report.Report{Results: []report.Result{ours, result(tcp.Twin(), spec.Rate, 100)}}
			var b strings.Builder
			if err := r.WriteFigures(&b); err != nil {
				t.Fatal(err)
			}
			text := markdown(t, r)
			if tc.want == "" {
				if strings.Contains(b.String(), "limited") || strings.Contains(text, "limited") {
					t.Errorf("%s\n%s", b.String(), text)
				}
				return
			}
			if !strings.Contains(b.String(), "miss, "+tc.want) || strings.Count(text, tc.want) != 2 {
				t.Errorf("%s\n%s", b.String(), text)
			}
		})
	}
}

func TestGrowthIsComparedPerUnit(t *testing.T) {
	grown := result(big, spec.Ns, 160)
	grown.GrowthOnly = true
	r := &report.Report{
		Results: []report.Result{result(poll, spec.Ns, 80), grown},
		Growth:  [][2]spec.Case{{poll, big}},
	}
	text := markdown(t, r)
	cells := row(t, text, "W1", "2x")
	if want := "**miss by 33 %**"; cells[len(cells)-1] != want {
		t.Errorf("%q, not %q", cells, want)
	}
	if n := strings.Count(text, "moduvex poll"); n != 2 { // in W1's table and in that of growth
		t.Errorf("%d rows: the large case must not be among the workload's\n%s", n, text)
	}
}

func TestJSONHasEverything(t *testing.T) {
	want := &report.Report{
		Machine: report.ThisMachine(), Rounds: 2, Small: true,
		Results: []report.Result{result(poll, spec.Ns, 80, 81)},
		Growth:  [][2]spec.Case{{poll, big}},
	}
	var b bytes.Buffer
	if err := want.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	have, err := report.Read(&b)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, have); d != "" {
		t.Error(d)
	}
	if _, err := report.Read(strings.NewReader("{")); err == nil {
		t.Error("half a report was read")
	}
}

func TestPicturesAreWellFormedAndHaveABarForEach(t *testing.T) {
	quoted := poll
	quoted.Style = `<&">`
	r := &report.Report{Results: []report.Result{
		result(poll, spec.Ns, 50), result(twin, spec.Ns, 100), result(quoted, spec.Ns, 100), result(tcp, spec.CPUNs, 4000),
	}}
	ps := r.Pictures()
	if len(ps) != 2 || ps[0].Name != "W1.svg" || ps[1].Name != "W8-1000-connections-one-core.svg" {
		t.Fatalf("%v", ps)
	}
	var b bytes.Buffer
	if err := r.WriteSVG(&b, ps[0]); err != nil {
		t.Fatal(err)
	}
	var widths []string
	for dec := xml.NewDecoder(&b); ; {
		token, err := dec.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "rect" {
			attrs := map[string]string{}
			for _, a := range e.Attr {
				attrs[a.Name.Local] = a.Value
			}
			if attrs["height"] == "16" {
				widths = append(widths, attrs["width"])
			}
		}
	}
	if d := cmp.Diff([]string{"230", "460", "460"}, widths); d != "" {
		t.Error(d)
	}
}

func TestReadmeChangesBetweenItsMarksOnly(t *testing.T) {
	r := &report.Report{Rounds: 1, Results: []report.Result{result(poll, spec.Ns, 77), result(twin, spec.Ns, 50)}}
	const text = "above\n<!-- bench: begin; make bench-readme writes what follows -->\nold\n<!-- bench: end -->\nbelow\n"
	have, err := r.Readme(text)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(have, "above\n<!-- bench: begin") || !strings.HasSuffix(have, "<!-- bench: end -->\nbelow\n") || strings.Contains(have, "old") {
		t.Error(have)
	}
	row(t, have, "W1 spawn and join", " 77 |", " 50 |")
	if !strings.Contains(have, "- W1: poll 1 (1.54x)\n") {
		t.Errorf("it does not say that goroutines win:\n%s", have)
	}
	again, err := r.Readme(have)
	if err != nil || again != have {
		t.Errorf("a second time it changes again: %v\n%s", err, again)
	}
	if _, err := r.Readme("no marks"); !errors.Is(err, report.ErrNoMarks) {
		t.Error(err)
	}
}

func TestNumbersAreShort(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 1: "1", 0.22: "0.22", 76.54: "76.5", 1234567.8: "1,234,568", 0.0123: "0.012", 3.999: "4", -1234: "-1,234", 100: "100",
	} {
		if have := report.Number(v); have != want {
			t.Errorf("%v is %q, not %q", v, have, want)
		}
	}
}
