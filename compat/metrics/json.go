package metrics

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/moduvex/moduvex-go/executor"
)

// String returns the metrics as one JSON object, as an expvar.Var has to. Each metric has its [Desc.Name] as the key; those
// of workers are in objects below "workers", with the number of the worker as the key. A histogram is an object: count,
// sum, and, if it has counted anything, bounds of half of the durations, of 99 % and of all, and the buckets that are not
// empty, each as the bound below which its durations are and their number. All times are in seconds.
func (v *Var) String() string {
	text, err := json.Marshal(v.Snapshot().object())
	if err != nil {
		panic("metrics: " + err.Error()) // strings, finite numbers, lists and maps of them have a form in JSON
	}
	return string(text)
}

func (s Snapshot) object() map[string]any {
	all := map[string]any{
		"runtime": s.opts.Name,
		"since":   s.Since.Format(time.RFC3339Nano),
	}
	workers := map[string]map[string]any{}
	for sample := range s.Samples() {
		in := all
		if sample.Worker != "" {
			if in = workers[sample.Worker]; in == nil {
				in = map[string]any{}
				workers[sample.Worker] = in
				all["workers"] = workers
			}
		}
		in[sample.Name()] = sample.json()
	}
	return all
}

func (s Sample) json() any {
	if s.Histogram == nil {
		return s.Value
	}
	return histogramJSON(s.Histogram)
}

func histogramJSON(h *executor.Histogram) map[string]any {
	o := map[string]any{"count": h.Count(), "sum": h.Sum.Seconds()}
	for key, q := range map[string]float64{"p50": 0.5, "p99": 0.99, "max": 1} {
		if bound, ok := h.Quantile(q); ok {
			o[key] = bound.Seconds()
		}
	}
	var buckets [][2]any
	for i, n := range h.Counts {
		if n != 0 {
			buckets = append(buckets, [2]any{executor.HistogramBound(i).Seconds(), n})
		}
	}
	if buckets != nil {
		o["buckets"] = buckets
	}
	return o
}

// number is the value of the label "worker".
func number(id int) string { return strconv.Itoa(id) }
