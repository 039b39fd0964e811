package prometheus

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/moduvex/moduvex-go/compat/metrics"
)

// Options configure a [Collector].
type Options struct {
	// Native adds to each histogram in seconds one in nanoseconds, which is a native one: the documentation of the package
	// tells them apart.
	Native bool
}

// A Collector collects the metrics of runtimes. It is a prometheus.Collector, and holds nothing that has to be closed.
type Collector struct {
	vars  []*metrics.Var
	descs []map[*metrics.Desc]descs // of the Var with the same index
}

// descs are the descriptions of a metric of a Var in terms of Prometheus.
type descs struct {
	desc   *prometheus.Desc
	native *prometheus.Desc // nil unless the metric is a histogram that is published as a native one, too
}

var _ prometheus.Collector = (*Collector)(nil)

// NewCollector returns a collector of the runtimes that the vars are of, for the Register of a registry. It panics if a
// Var is nil, or if two have the same name, since their metrics would be the same. A collector of one Var can be
// registered beside those of others, also while the registry is in use. A registry refuses a name that it has already, with a
// prometheus.AlreadyRegisteredError, whose ExistingCollector is that of the other runtime: so each of several runtimes
// needs a name, in executor.Options or metrics.Options. Unregister ends the publication of a runtime that has ended.
func NewCollector(opts Options, vars ...*metrics.Var) *Collector {
	c := &Collector{vars: vars}
	names := map[string]bool{}
	for _, v := range vars {
		if v == nil {
			panic("prometheus: NewCollector with a nil Var")
		}
		if names[v.Name()] {
			panic(fmt.Sprintf("prometheus: NewCollector with two runtimes of the name %q: metrics.Options.Name tells them apart", v.Name()))
		}
		names[v.Name()] = true
		c.descs = append(c.descs, describe(opts, v))
	}
	return c
}

func describe(opts Options, v *metrics.Var) map[*metrics.Desc]descs {
	all := map[*metrics.Desc]descs{}
	runtime := prometheus.Labels{"runtime": v.Name()}
	for _, d := range metrics.Descs() {
		var worker []string
		if d.PerWorker {
			worker = []string{"worker"} // "" under Totals: a registry wants the same names of labels in all samples of a name
		}
		ds := descs{desc: prometheus.NewDesc(d.Name(), d.Help, worker, runtime)}
		if opts.Native && d.Kind == metrics.Histogram {
			ds.native = prometheus.NewDesc(nativeName(d), d.Help, worker, runtime)
		}
		all[d] = ds
	}
	return all
}

// Describe implements prometheus.Collector.
func (c *Collector) Describe(to chan<- *prometheus.Desc) {
	for _, all := range c.descs {
		for _, ds := range all {
			to <- ds.desc
			if ds.native != nil {
				to <- ds.native
			}
		}
	}
}

// Collect implements prometheus.Collector. It reads each runtime once, and stops no worker.
func (c *Collector) Collect(to chan<- prometheus.Metric) {
	for i, v := range c.vars {
		snapshot := v.Snapshot()
		for sample := range snapshot.Samples() {
			ds := c.descs[i][sample.Desc]
			to <- metricOf(ds.desc, snapshot, sample)
			if ds.native != nil {
				to <- nativeOf(ds.native, snapshot, sample)
			}
		}
	}
}

func metricOf(desc *prometheus.Desc, snapshot metrics.Snapshot, s metrics.Sample) prometheus.Metric {
	var m prometheus.Metric
	var err error
	switch s.Kind {
	case metrics.Counter:
		m, err = prometheus.NewConstMetricWithCreatedTimestamp(desc, prometheus.CounterValue, float64(s.Value), snapshot.Since, labels(s)...)
	case metrics.Gauge:
		m, err = prometheus.NewConstMetric(desc, prometheus.GaugeValue, float64(s.Value), labels(s)...)
	case metrics.Histogram:
		return histogramOf(desc, snapshot, s)
	}
	return orInvalid(desc, m, err)
}

// labels returns the values of the labels of which the description has the names.
func labels(s metrics.Sample) []string {
	if !s.PerWorker {
		return nil
	}
	return []string{s.Worker}
}

// orInvalid returns m, or a metric that reports err when it is gathered.
func orInvalid(desc *prometheus.Desc, m prometheus.Metric, err error) prometheus.Metric {
	if err != nil {
		return prometheus.NewInvalidMetric(desc, err)
	}
	return m
}
