package prometheus

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/moduvex/moduvex-go/compat/metrics"
)

// histogramOf returns the classic histogram, in seconds. Each bound is the longest duration of its octave, which the
// bucket includes.
func histogramOf(desc *prometheus.Desc, snapshot metrics.Snapshot, s metrics.Sample) prometheus.Metric {
	buckets := make(map[float64]uint64, metrics.OctaveCount-1)
	total := uint64(0)
	for k, n := range metrics.Octaves(s.Histogram) {
		total += n
		if k < metrics.OctaveCount-1 { // the last one has no end
			buckets[bound(k)] = total
		}
	}
	m, err := prometheus.NewConstHistogramWithCreatedTimestamp(desc, total, s.Histogram.Sum.Seconds(), buckets, snapshot.Since, labels(s)...)
	return orInvalid(desc, m, err)
}

// bound returns the upper bound of octave k in seconds: the float64 that is nearest to it, as Prometheus would read it.
func bound(k int) float64 { return float64(metrics.OctaveEnd(k)) / 1e9 }

// nativeName returns the name of the native histogram of d.
func nativeName(d *metrics.Desc) string {
	return strings.TrimSuffix(d.Name(), "_seconds") + "_nanoseconds"
}

const (
	// nativeSchema is that in which bucket i is above 2^(i-1), and up to 2^i.
	nativeSchema = 0
	// zeroWidth is the bound of the zero bucket: the lower one of bucket 1.
	zeroWidth = 1
)

// nativeOf returns the native histogram, in nanoseconds. Octave k is bucket k if each duration counts as a nanosecond
// longer than it is: 2^(k-1) to 2^k - 1 ns become 2^(k-1) + 1 to 2^k. Octave 0, 0 ns, is the zero bucket.
func nativeOf(desc *prometheus.Desc, snapshot metrics.Snapshot, s metrics.Sample) prometheus.Metric {
	octaves := metrics.Octaves(s.Histogram)
	buckets := map[int]int64{}
	total := octaves[0]
	for k, n := range octaves[1:] {
		if n != 0 {
			buckets[k+1] = int64(n)
			total += n
		}
	}
	m, err := prometheus.NewConstNativeHistogram(desc, total, float64(s.Histogram.Sum.Nanoseconds()), buckets, nil, octaves[0],
		nativeSchema, zeroWidth, snapshot.Since, labels(s)...)
	return orInvalid(desc, m, err)
}
