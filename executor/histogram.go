package executor

import (
	"fmt"
	"math"
	"math/bits"
	"sync/atomic"
	"time"
)

// A Histogram counts durations in buckets that are a quarter of a power of two wide, from a nanosecond
// to two and a half hours, so a duration that it returns is at most 25 % too long. The zero Histogram is empty and ready
// for use. All have the same buckets, so they can be added.
//
// Source of the layout: G. Tene's HdrHistogram, with two bits of precision.
type Histogram struct {
	Counts [HistogramBuckets]uint64
	Sum    time.Duration
}

const (
	subBits = 2
	// lastPower is that of the last buckets: 2^43 ns and more.
	lastPower = 43
	// HistogramBuckets is the number of buckets: one each for 0 to 3 ns, then four for each power.
	HistogramBuckets = (lastPower - subBits + 2) << subBits
)

// bucketOf returns the bucket of a duration. A negative one, by the grain of a clock, counts as 0.
func bucketOf(d time.Duration) int {
	if d < 1<<subBits {
		return int(max(d, 0))
	}
	power := bits.Len64(uint64(d)) - 1
	if power > lastPower {
		return HistogramBuckets - 1
	}
	sub := int(d>>(power-subBits)) & (1<<subBits - 1)
	return (power-subBits+1)<<subBits + sub
}

// HistogramBound returns the shortest duration that is too long for bucket i. For the last bucket it returns the longest
// duration there is.
func HistogramBound(i int) time.Duration {
	switch {
	case i < 1<<subBits:
		return time.Duration(i + 1)
	case i >= HistogramBuckets-1:
		return math.MaxInt64
	}
	power := i>>subBits + subBits - 1
	return time.Duration(1<<subBits+i&(1<<subBits-1)+1) << (power - subBits)
}

// Count returns how many durations were counted.
func (h *Histogram) Count() (n uint64) {
	for _, c := range h.Counts {
		n += c
	}
	return n
}

// Mean returns the average, and false if no duration was counted.
func (h *Histogram) Mean() (mean time.Duration, ok bool) {
	n := h.Count()
	if n == 0 {
		return 0, false
	}
	return h.Sum / time.Duration(n), true
}

// Quantile returns a duration that the fraction q of the counted durations does not exceed, 0.99 say, and false if no
// duration was counted. A q outside of 0 to 1 counts as the nearer of the two, and a NaN as 1.
func (h *Histogram) Quantile(q float64) (bound time.Duration, ok bool) {
	n := h.Count()
	if n == 0 {
		return 0, false
	}
	if !(q <= 1) {
		q = 1
	}
	rank := uint64(math.Ceil(max(q, 0) * float64(n)))
	rank = max(rank, 1)
	for i, c := range h.Counts {
		if c >= rank {
			return HistogramBound(i), true
		}
		rank -= c
	}
	return math.MaxInt64, true
}

// String returns "no samples", or the number of samples, their mean, and bounds of half of them, of 99 % and of all:
// "100 samples, mean 31ns, 50% to 5ns, 99% to 5ns, all to 2.56µs".
func (h Histogram) String() string {
	mean, ok := h.Mean()
	if !ok {
		return "no samples"
	}
	half, _ := h.Quantile(0.5)
	most, _ := h.Quantile(0.99)
	all, _ := h.Quantile(1)
	return fmt.Sprintf("%d samples, mean %v, 50%% to %v, 99%% to %v, all to %v", h.Count(), mean, half, most, all)
}

// Add adds the counts of o.
func (h *Histogram) Add(o *Histogram) {
	for i, c := range o.Counts {
		h.Counts[i] += c
	}
	h.Sum += o.Sum
}

// A histogram is a Histogram that any number of goroutines may write and read.
type histogram struct {
	counts [HistogramBuckets]atomic.Uint64
	sum    atomic.Int64
}

func (h *histogram) add(d time.Duration) {
	h.counts[bucketOf(d)].Add(1)
	h.sum.Add(int64(max(d, 0)))
}

func (h *histogram) read() (r Histogram) {
	for i := range h.counts {
		r.Counts[i] = h.counts[i].Load()
	}
	r.Sum = time.Duration(h.sum.Load())
	return r
}
