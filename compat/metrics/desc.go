package metrics

import (
	"strings"

	"github.com/moduvex/moduvex-go/executor"
)

// A Kind is what the samples of a metric are.
type Kind int

const (
	// Counter is a total since the runtime was made: it never falls.
	Counter Kind = iota
	// Gauge is a number of this moment.
	Gauge
	// Histogram is the distribution of durations since the runtime was made.
	Histogram
)

// String returns the name.
func (k Kind) String() string {
	switch k {
	case Counter:
		return "counter"
	case Gauge:
		return "gauge"
	case Histogram:
		return "histogram"
	}
	return "invalid"
}

// A Desc describes a metric. [Descs] has all of them.
type Desc struct {
	// Dotted is the name without its unit, as OpenTelemetry has it: "moduvex.worker.poll_time".
	Dotted string
	Kind   Kind
	// Unit is what one is, by the Unified Code for Units of Measure: "s", or a noun such as "{task}".
	Unit string
	// Help says in one line what is measured.
	Help string
	// PerWorker says that each worker has a sample of its own; else the runtime has one.
	PerWorker bool

	worker  func(*executor.WorkerMetrics) uint64
	runtime func(*executor.Metrics) uint64

	workerHistogram  func(*executor.WorkerMetrics) *executor.Histogram
	runtimeHistogram func(*executor.Metrics) *executor.Histogram
}

// Name returns the name with its unit, as Prometheus has it: "moduvex_worker_poll_time_seconds". That of a counter ends in
// "_total". The names are stable: a later version of the module may add some, and changes none.
func (d *Desc) Name() string {
	name := strings.ReplaceAll(d.Dotted, ".", "_")
	if d.Unit == "s" {
		name += "_seconds"
	}
	if d.Kind == Counter {
		name += "_total"
	}
	return name
}

// Descs returns the descriptions of all metrics, in the order of the table in the documentation of the package. The
// caller must not change them.
func Descs() []*Desc {
	descs := make([]*Desc, len(table))
	for i := range table {
		descs[i] = &table[i]
	}
	return descs
}
