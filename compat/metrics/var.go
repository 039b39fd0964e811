package metrics

import (
	"iter"
	"strings"
	"time"

	"github.com/moduvex/moduvex-go/executor"
)

// Options configure a [Var].
type Options struct {
	// Name tells the runtime from others: it is the label "runtime" of the samples. "" means the Options.Name of the runtime.
	// Bytes that are not UTF-8 become an underscore, since most formats refuse them.
	Name string
	// Totals gives the runtime one sample of each metric, the sum over its workers, in place of one for each worker. A
	// runtime with many workers then has far fewer time series.
	Totals bool
}

// A Var publishes the metrics of one runtime. It is an expvar.Var, and packages compat/prometheus and compat/otel take
// it. It holds the runtime and no state of its own, so nothing has to be closed; it goes on with the last numbers when
// the runtime has ended. All methods may be called from any goroutine, and none stops a worker.
type Var struct {
	rt   *executor.Runtime
	opts Options
}

// New returns a Var of rt. A nil rt panics.
func New(rt *executor.Runtime, opts Options) *Var {
	if rt == nil {
		panic("metrics: New of a nil Runtime")
	}
	v := &Var{rt: rt, opts: opts}
	if v.opts.Name == "" {
		v.opts.Name = rt.Metrics().Name
	}
	v.opts.Name = strings.ToValidUTF8(v.opts.Name, "_") // PromQL cannot name U+FFFD
	return v
}

// Name returns the value of the label "runtime".
func (v *Var) Name() string { return v.opts.Name }

// A Sample is what a metric is at some instant.
type Sample struct {
	*Desc
	Runtime string // the name of the Var
	Worker  string // the number of the worker, or "" for the runtime as a whole
	// Value is that of a counter or a gauge.
	Value uint64
	// Histogram is that of a histogram, else nil. It is the receiver's own.
	Histogram *executor.Histogram
}

// A Snapshot are the samples of a Var that were taken in one call.
type Snapshot struct {
	// Since is when the runtime was made: its counters and histograms count from then on.
	Since time.Time

	opts    Options
	metrics *executor.Metrics
	total   *executor.WorkerMetrics // the sum over the workers, under Totals
}

// Snapshot reads the metrics of the runtime.
func (v *Var) Snapshot() Snapshot {
	m := v.rt.Metrics()
	return snapshotOf(&m, v.opts)
}

func snapshotOf(m *executor.Metrics, opts Options) Snapshot {
	s := Snapshot{Since: m.Since, opts: opts, metrics: m}
	if opts.Totals {
		s.total = &executor.WorkerMetrics{}
		for i := range m.Workers {
			w := &m.Workers[i]
			s.total.PollTime.Add(&w.PollTime)
			s.total.ScheduleLatency.Add(&w.ScheduleLatency)
		}
	}
	return s
}

// Samples returns the samples, metric by metric in the order of [Descs], and worker by worker.
func (s Snapshot) Samples() iter.Seq[Sample] {
	return func(yield func(Sample) bool) {
		for i := range table {
			for sample := range s.of(&table[i]) {
				if !yield(sample) {
					return
				}
			}
		}
	}
}

// of returns the samples of one metric.
func (s Snapshot) of(d *Desc) iter.Seq[Sample] {
	return func(yield func(Sample) bool) {
		if !d.PerWorker || s.opts.Totals {
			yield(s.whole(d))
			return
		}
		for i := range s.metrics.Workers {
			w := &s.metrics.Workers[i]
			sample := Sample{Desc: d, Runtime: s.opts.Name, Worker: number(w.ID)}
			if d.Kind == Histogram {
				sample.Histogram = d.workerHistogram(w)
			} else {
				sample.Value = d.worker(w)
			}
			if !yield(sample) {
				return
			}
		}
	}
}

// whole returns the sample of the runtime as a whole.
func (s Snapshot) whole(d *Desc) Sample {
	sample := Sample{Desc: d, Runtime: s.opts.Name}
	switch {
	case d.runtime != nil:
		sample.Value = d.runtime(s.metrics)
	case d.runtimeHistogram != nil:
		sample.Histogram = d.runtimeHistogram(s.metrics)
	case d.workerHistogram != nil:
		sample.Histogram = d.workerHistogram(s.total)
	default:
		for i := range s.metrics.Workers {
			sample.Value += d.worker(&s.metrics.Workers[i])
		}
	}
	return sample
}
