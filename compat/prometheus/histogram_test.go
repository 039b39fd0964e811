package prometheus_test

import (
	"slices"
	"strconv"
	"testing"

	prom "github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/moduvex/moduvex-go/compat/metrics/metricstest"
	"github.com/moduvex/moduvex-go/compat/prometheus"
	"github.com/moduvex/moduvex-go/executor"
)

func written(t *testing.T, m prom.Metric) *dto.Histogram {
	t.Helper()
	var d dto.Metric
	if err := m.Write(&d); err != nil {
		t.Fatal(err)
	}
	return d.Histogram
}

// Prometheus's own histogram, which sees each duration, has the same count in each bucket.
func TestClassicBucketsAreExact(t *testing.T) {
	all := metricstest.Durations()
	own := prom.NewHistogram(prom.HistogramOpts{Name: "x", Buckets: prometheus.Bounds()})
	for _, d := range all {
		own.Observe(float64(d.Nanoseconds()) / 1e9)
	}
	classic, _ := prometheus.Metrics(metricstest.Count(all))
	have, want := written(t, classic), written(t, own)
	if len(have.Bucket) != len(want.Bucket) || have.GetSampleCount() != want.GetSampleCount() {
		t.Fatalf("have %v, want %v", have, want)
	}
	for i, b := range want.Bucket {
		if h := have.Bucket[i]; h.GetUpperBound() != b.GetUpperBound() || h.GetCumulativeCount() != b.GetCumulativeCount() {
			t.Errorf("to %v: have %d to %v, want %d", b.GetUpperBound(), h.GetCumulativeCount(), h.GetUpperBound(), b.GetCumulativeCount())
		}
	}
	if have.GetSampleSum() <= 0 {
		t.Errorf("the sum is %v", have.GetSampleSum())
	}
}

// A bound survives the text format, so each scrape gives the same time series.
func TestBoundsSurviveTheText(t *testing.T) {
	bounds := prometheus.Bounds()
	if !slices.IsSorted(bounds) || bounds[0] != 0 || bounds[10] != 1.023e-06 {
		t.Errorf("have %v", bounds)
	}
	for k, b := range bounds {
		text := strconv.FormatFloat(b, 'g', -1, 64)
		if back, err := strconv.ParseFloat(text, 64); err != nil || back != b {
			t.Errorf("bound %d: %s becomes %v, %v", k, text, back, err)
		}
	}
}

// Prometheus's own native histogram has the same count in each bucket, if it sees each duration one nanosecond longer.
func TestNativeBucketsAreExact(t *testing.T) {
	all := metricstest.Durations()
	own := prom.NewHistogram(prom.HistogramOpts{Name: "x", NativeHistogramBucketFactor: 2, NativeHistogramZeroThreshold: 1})
	for _, d := range all {
		own.Observe(float64(d.Nanoseconds()) + 1)
	}
	_, native := prometheus.Metrics(metricstest.Count(all))
	have, want := written(t, native), written(t, own)
	if have.GetSchema() != want.GetSchema() || have.GetZeroThreshold() != want.GetZeroThreshold() ||
		have.GetZeroCount() != want.GetZeroCount() || have.GetSampleCount() != want.GetSampleCount() {
		t.Errorf("have %v\nwant %v", have, want)
	}
	h, w := unpacked(have), unpacked(want)
	if len(h) != len(w) || len(w) < 40 {
		t.Errorf("have %d buckets, want %d", len(h), len(w))
	}
	for i, n := range w {
		if h[i] != n {
			t.Errorf("bucket %d: have %d, want %d", i, h[i], n)
		}
	}
}

// unpacked returns the counts of a native histogram by the index of their buckets.
func unpacked(h *dto.Histogram) map[int32]int64 {
	counts := map[int32]int64{}
	index, count, next := int32(0), int64(0), 0
	for _, span := range h.PositiveSpan {
		index += span.GetOffset()
		for range span.GetLength() {
			count += h.PositiveDelta[next]
			next++
			counts[index] = count
			index++
		}
	}
	return counts
}

func TestAnEmptyHistogramIsPublished(t *testing.T) {
	classic, native := prometheus.Metrics(&executor.Histogram{})
	if h := written(t, classic); len(h.Bucket) != len(prometheus.Bounds()) || h.GetSampleCount() != 0 {
		t.Errorf("have %v", h)
	}
	if h := written(t, native); h.Schema == nil || h.GetZeroThreshold() != 1 || h.GetSampleCount() != 0 {
		t.Errorf("have %v", h)
	}
}
