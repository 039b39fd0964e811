package prometheus

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/moduvex/moduvex-go/compat/metrics"
	"github.com/moduvex/moduvex-go/executor"
)

// Metrics are the classic and the native histogram of a histogram that the test has made.
func Metrics(h *executor.Histogram) (classic, native prometheus.Metric) {
	d := metrics.Descs()[0]
	desc := prometheus.NewDesc("x", "x", []string{"worker"}, nil)
	s := metrics.Sample{Desc: d, Histogram: h}
	return histogramOf(desc, metrics.Snapshot{Since: time.Now()}, s), nativeOf(desc, metrics.Snapshot{Since: time.Now()}, s)
}

// Bounds are those of the classic histograms.
func Bounds() (bounds []float64) {
	for k := range metrics.OctaveCount - 1 {
		bounds = append(bounds, bound(k))
	}
	return bounds
}
