// Package stats provides the statistics of a report.
package stats

import "slices"

// A Summary is the median of some values, the least and the greatest.
type Summary struct{ Median, Min, Max float64 }

// Summarize returns the summary of values, of which there is at least one.
func Summarize(values []float64) Summary {
	v := slices.Sorted(slices.Values(values))
	n := len(v)
	return Summary{Median: (v[(n-1)/2] + v[n/2]) / 2, Min: v[0], Max: v[n-1]}
}

// Least returns the less of two values of each round. Where one has no values, it returns those of the other.
func Least(a, b []float64) []float64 {
	if len(a) == 0 || len(b) == 0 {
		return append(a, b...)
	}
	least := make([]float64, min(len(a), len(b)))
	for i := range least {
		least[i] = min(a[i], b[i])
	}
	return least
}

// Ratios divides values by those of the twin, round by round: what disturbed a round has disturbed
// both, so these ratios are steadier than that of the medians. Rounds that only one of the two has are
// left out, and so are those in which the twin is not positive.
func Ratios(values, twin []float64) []float64 {
	var rs []float64
	for i := range min(len(values), len(twin)) {
		if twin[i] > 0 {
			rs = append(rs, values[i]/twin[i])
		}
	}
	return rs
}
