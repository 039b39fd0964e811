package otel

import (
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/moduvex/moduvex-go/compat/metrics"
	"github.com/moduvex/moduvex-go/executor"
)

// Points are the data points of a histogram that the test has made.
func Points(h *executor.Histogram) (metricdata.HistogramDataPoint[float64], metricdata.ExponentialHistogramDataPoint[int64]) {
	ps := []point{{Sample: metrics.Sample{Histogram: h}}}
	return explicitOf(ps).DataPoints[0], exponentialOf(ps).DataPoints[0]
}

// Bounds are those of the explicit histograms.
func Bounds() []float64 { return bounds() }
