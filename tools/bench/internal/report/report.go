// Package report turns the samples of a run into what people and programs read: JSON with everything,
// Markdown tables, SVG bars, and the summary in the README.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"slices"

	"github.com/moduvex/moduvex-go/tools/bench/internal/proc"
	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
	"github.com/moduvex/moduvex-go/tools/bench/internal/stats"
)

// A Report is what a run has found.
type Report struct {
	Machine Machine
	Small   bool `json:",omitempty"` // the sizes are too small for the figures to mean anything
	Rounds  int
	Results []Result       // in the order of the plan
	Growth  [][2]spec.Case // of which the costs per unit are compared
}

// A Machine is where a run was made.
type Machine struct {
	OS, Arch, Processor, Go string
	Processors              int
}

// ThisMachine describes the one this runs on.
func ThisMachine() Machine {
	return Machine{
		OS: runtime.GOOS, Arch: runtime.GOARCH, Processor: proc.Model(), Go: runtime.Version(),
		Processors: runtime.NumCPU(),
	}
}

// String is one line.
func (m Machine) String() string {
	s := fmt.Sprintf("%d processors, %s/%s, %s", m.Processors, m.OS, m.Arch, m.Go)
	if m.Processor != "" {
		s = m.Processor + ", " + s
	}
	return s
}

// A Result are the samples of a case, one of each round.
type Result struct {
	Case spec.Case
	// GrowthOnly says that the case is there to be compared with itself at another size.
	GrowthOnly bool `json:",omitempty"`
	Samples    []spec.Sample
}

// Read reads what [Report.WriteJSON] has written.
func Read(from io.Reader) (*Report, error) {
	var r Report
	if err := json.NewDecoder(from).Decode(&r); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return &r, nil
}

// WriteJSON writes all samples. Medians, ratios and targets follow from them.
func (r *Report) WriteJSON(to io.Writer) error {
	enc := json.NewEncoder(to)
	enc.SetIndent("", "\t")
	return enc.Encode(r)
}

// values returns a metric of a case, one value of each round; nil if there is none.
func (r *Report) values(c spec.Case, metric string) (vs []float64) {
	i := slices.IndexFunc(r.Results, func(res Result) bool { return res.Case == c })
	if i < 0 {
		return nil
	}
	for _, s := range r.Results[i].Samples {
		if v, ok := s[metric]; ok {
			vs = append(vs, v)
		}
	}
	return vs
}

// summary returns the summary of a metric.
func (r *Report) summary(c spec.Case, metric string) (stats.Summary, bool) {
	vs := r.values(c, metric)
	if len(vs) == 0 {
		return stats.Summary{}, false
	}
	return stats.Summarize(vs), true
}

// ratio returns the summary of the ratios to the quickest of some cases, round by round: those that were measured in pairs, if
// the quickest can only be the twin.
func (r *Report) ratio(c spec.Case, to []spec.Case, metric string) (stats.Summary, bool) {
	if len(to) == 1 && to[0] == c.Twin() {
		if paired, ok := r.summary(c, metric+spec.Paired); ok {
			return paired, true
		}
	}
	var best []float64
	for _, t := range to {
		best = stats.Least(best, r.values(t, metric))
	}
	rs := stats.Ratios(r.values(c, metric), best)
	if len(rs) == 0 {
		return stats.Summary{}, false
	}
	return stats.Summarize(rs), true
}

// main returns the cases of a workload that belong to the plan proper, and not to the growth alone.
func (r *Report) main(workload string) (cs []spec.Case) {
	for _, res := range r.Results {
		if res.Case.Workload == workload && !res.GrowthOnly {
			cs = append(cs, res.Case)
		}
	}
	return cs
}
