package echo

import (
	"math/bits"
	"time"
)

// subBits is the precision of a histogram: its buckets are 1/32 of a power of two wide, 3 %.
const subBits = 5

// A histogram counts latencies.
type histogram struct {
	counts [(64 - subBits + 1) << subBits]uint32
	n      int
}

func (h *histogram) add(d time.Duration) {
	h.counts[bucket(uint64(max(d, 0)))]++
	h.n++
}

// bucket is v itself below 2^subBits, and above it the power of two and the subBits bits after the first.
func bucket(v uint64) int {
	if v < 1<<subBits {
		return int(v)
	}
	shift := bits.Len64(v) - subBits - 1
	return shift<<subBits + int(v>>shift)
}

// bound is the first duration that is too long for bucket i.
func bound(i int) time.Duration {
	if i < 1<<subBits {
		return time.Duration(i + 1)
	}
	shift := i>>subBits - 1
	return time.Duration(i-shift<<subBits+1) << shift
}

// quantile returns a duration that the fraction q of those counted does not exceed.
func (h *histogram) quantile(q float64) time.Duration {
	rank := max(1, int(q*float64(h.n)+0.5))
	for i, n := range h.counts {
		if rank -= int(n); rank <= 0 {
			return bound(i) - 1
		}
	}
	return 0
}
