package stats_test

import (
	"slices"
	"testing"

	"github.com/moduvex/moduvex-go/tools/bench/internal/stats"
)

func TestSummaryIsMedianLeastAndMost(t *testing.T) {
	for _, tc := range []struct {
		values []float64
		want   stats.Summary
	}{
		{[]float64{7}, stats.Summary{Median: 7, Min: 7, Max: 7}},
		{[]float64{9, 1, 5}, stats.Summary{Median: 5, Min: 1, Max: 9}},
		{[]float64{4, 1, 3, 2}, stats.Summary{Median: 2.5, Min: 1, Max: 4}},
	} {
		before := slices.Clone(tc.values)
		if have := stats.Summarize(tc.values); have != tc.want {
			t.Errorf("%v: %v, not %v", tc.values, have, tc.want)
		}
		if !slices.Equal(before, tc.values) {
			t.Errorf("%v was sorted", before)
		}
	}
}

func TestLeastIsTakenInEachRound(t *testing.T) {
	have := stats.Least([]float64{1, 5, 3}, []float64{2, 4})
	if want := []float64{1, 4}; !slices.Equal(have, want) {
		t.Errorf("%v, not %v", have, want)
	}
	if have := stats.Least(nil, []float64{2}); !slices.Equal(have, []float64{2}) {
		t.Errorf("%v", have)
	}
}

// A round in which the machine was twice as slow for both changes no ratio.
func TestRatiosArePairedByRound(t *testing.T) {
	have := stats.Ratios([]float64{10, 20, 30}, []float64{20, 40, 15})
	if want := []float64{0.5, 0.5, 2}; !slices.Equal(have, want) {
		t.Errorf("%v, not %v", have, want)
	}
}

func TestRatiosLeaveOutRoundsThatHaveNone(t *testing.T) {
	have := stats.Ratios([]float64{1, 2, 3, 4}, []float64{2, 0, 6})
	if want := []float64{0.5, 0.5}; !slices.Equal(have, want) {
		t.Errorf("%v, not %v", have, want)
	}
}
