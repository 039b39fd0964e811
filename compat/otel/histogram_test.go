package otel_test

import (
	"context"
	"slices"
	"testing"

	"go.opentelemetry.io/otel/metric"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/moduvex/moduvex-go/compat/metrics/metricstest"
	"github.com/moduvex/moduvex-go/compat/otel"
	"github.com/moduvex/moduvex-go/executor"
)

// aggregated returns what the SDK makes of the values that record records.
func aggregated(t *testing.T, how sdk.Aggregation, record func(metric.Meter)) metricdata.Aggregation {
	t.Helper()
	reader := sdk.NewManualReader()
	view := sdk.NewView(sdk.Instrument{Name: "x"}, sdk.Stream{Aggregation: how})
	provider := sdk.NewMeterProvider(sdk.WithReader(reader), sdk.WithView(view))
	defer func() {
		if err := provider.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	record(provider.Meter("test"))
	var all metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &all); err != nil {
		t.Fatal(err)
	}
	return all.ScopeMetrics[0].Metrics[0].Data
}

// The SDK's own histogram, which sees each duration, has the same count in each bucket.
func TestExplicitBucketsAreExact(t *testing.T) {
	all := metricstest.Durations()
	data := aggregated(t, sdk.AggregationExplicitBucketHistogram{Boundaries: otel.Bounds()}, func(m metric.Meter) {
		h, err := m.Float64Histogram("x")
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range all {
			h.Record(context.Background(), float64(d.Nanoseconds())/1e9)
		}
	})
	want := data.(metricdata.Histogram[float64]).DataPoints[0]
	have, _ := otel.Points(metricstest.Count(all))
	if !slices.Equal(have.Bounds, want.Bounds) || !slices.Equal(have.BucketCounts, want.BucketCounts) || have.Count != want.Count || have.Sum <= 0 {
		t.Errorf("have %+v\nwant %+v", have, want)
	}
}

// The SDK's own exponential histogram has the same count in each bucket, if it sees each duration one nanosecond longer. It
// has no zero bucket for 1, which is in its bucket -1.
func TestExponentialBucketsAreExact(t *testing.T) {
	all := metricstest.Durations()
	data := aggregated(t, sdk.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 0}, func(m metric.Meter) {
		h, err := m.Int64Histogram("x")
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range all {
			h.Record(context.Background(), d.Nanoseconds()+1)
		}
	})
	want := data.(metricdata.ExponentialHistogram[int64]).DataPoints[0]
	_, have := otel.Points(metricstest.Count(all))
	h, w := unpacked(have), unpacked(want)
	if w[-1] != have.ZeroCount || have.ZeroThreshold != 1 || have.Scale != want.Scale || have.Count != want.Count || len(w) < 40 {
		t.Errorf("have %+v\nwant %+v", have, want)
	}
	delete(w, -1)
	for i, n := range w {
		if h[i] != n {
			t.Errorf("bucket %d: have %d, want %d", i, h[i], n)
		}
	}
	if len(h) != len(w) {
		t.Errorf("have %d buckets, want %d", len(h), len(w))
	}
}

// unpacked returns the counts by the index of their buckets.
func unpacked(p metricdata.ExponentialHistogramDataPoint[int64]) map[int]uint64 {
	counts := map[int]uint64{}
	for i, n := range p.PositiveBucket.Counts {
		if n != 0 {
			counts[int(p.PositiveBucket.Offset)+i] = n
		}
	}
	return counts
}

func TestAnEmptyHistogramHasNoPositiveBucket(t *testing.T) {
	explicit, exponential := otel.Points(&executor.Histogram{})
	if len(exponential.PositiveBucket.Counts) != 0 || exponential.Count != 0 || explicit.Count != 0 || len(explicit.BucketCounts) != len(explicit.Bounds)+1 {
		t.Errorf("have %+v and %+v", explicit, exponential)
	}
}
