package otel

import (
	"slices"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/moduvex/moduvex-go/compat/metrics"
)

// explicitOf returns the histograms in seconds. Each bound is the longest duration of its octave, which the bucket includes;
// the last octave has no end.
func explicitOf(points []point) metricdata.Histogram[float64] {
	h := metricdata.Histogram[float64]{Temporality: metricdata.CumulativeTemporality}
	for _, p := range points {
		counts := metrics.Octaves(p.Histogram)
		h.DataPoints = append(h.DataPoints, metricdata.HistogramDataPoint[float64]{
			Attributes: p.attributes, StartTime: p.since, Time: p.now,
			Count: p.Histogram.Count(), Sum: p.Histogram.Sum.Seconds(), Bounds: bounds(), BucketCounts: counts[:],
		})
	}
	return h
}

// bounds returns a new slice of the bounds, in seconds: a receiver may keep it.
func bounds() []float64 {
	bounds := make([]float64, metrics.OctaveCount-1)
	for k := range bounds {
		bounds[k] = float64(metrics.OctaveEnd(k)) / 1e9
	}
	return bounds
}

const (
	// scale is that in which bucket i is above 2^i, and up to 2^(i+1).
	scale = 0
	// zeroWidth is the bound of the zero bucket: the lower one of bucket 0.
	zeroWidth = 1
)

// exponentialOf returns the histograms in nanoseconds. Octave k is bucket k-1 if each duration counts as a nanosecond longer
// than it is: 2^(k-1) to 2^k - 1 ns become 2^(k-1) + 1 to 2^k. Octave 0, 0 ns, is the zero bucket.
func exponentialOf(points []point) metricdata.ExponentialHistogram[int64] {
	h := metricdata.ExponentialHistogram[int64]{Temporality: metricdata.CumulativeTemporality}
	for _, p := range points {
		counts := metrics.Octaves(p.Histogram)
		h.DataPoints = append(h.DataPoints, metricdata.ExponentialHistogramDataPoint[int64]{
			Attributes: p.attributes, StartTime: p.since, Time: p.now,
			Count: p.Histogram.Count(), Sum: p.Histogram.Sum.Nanoseconds(),
			Scale: scale, ZeroCount: counts[0], ZeroThreshold: zeroWidth, PositiveBucket: trimmed(counts[1:]),
		})
	}
	return h
}

// trimmed returns the buckets from the first that is not empty to the last.
func trimmed(counts []uint64) metricdata.ExponentialBucket {
	filled := func(n uint64) bool { return n != 0 }
	first := slices.IndexFunc(counts, filled)
	if first < 0 {
		return metricdata.ExponentialBucket{}
	}
	end := len(counts)
	for counts[end-1] == 0 {
		end--
	}
	return metricdata.ExponentialBucket{Offset: int32(first), Counts: slices.Clone(counts[first:end])}
}
