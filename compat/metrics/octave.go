package metrics

import (
	"math/bits"
	"time"

	"github.com/moduvex/moduvex-go/executor"
)

// OctaveCount is the number of octaves of a histogram.
const OctaveCount = 45

// Octaves returns the counts of h, with the four buckets of each power of two added up. Octave 0 counts the
// durations of 0 ns, and octave k those from 2^(k-1) ns to 2^k - 1 ns; the last one has no end. No bucket of an
// executor.Histogram lies across a power of two, so no duration is counted in another octave than its own.
func Octaves(h *executor.Histogram) (counts [OctaveCount]uint64) {
	for i, n := range h.Counts {
		counts[octaveOf(i)] += n
	}
	return counts
}

// octaveOf returns the octave of the executor's bucket i: that of the longest duration in it.
func octaveOf(i int) int {
	return min(bits.Len64(uint64(executor.HistogramBound(i)-1)), OctaveCount-1)
}

// OctaveEnd returns the longest duration of octave k, for the octaves that have an end: all but the last. Durations are
// whole nanoseconds, so this is a bound with nothing between it and the first duration of the next octave.
func OctaveEnd(k int) time.Duration { return 1<<k - 1 }
