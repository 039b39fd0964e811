package echo_test

import (
	"math"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/tools/bench/internal/echo"
)

func TestQuantilesAreRightWithinThreePercent(t *testing.T) {
	var h echo.Histogram
	for i := 1; i <= 100_000; i++ {
		h.Add(time.Duration(i) * time.Microsecond)
	}
	for q, want := range map[float64]time.Duration{0.5: 50 * time.Millisecond, 0.99: 99 * time.Millisecond, 0.999: 99900 * time.Microsecond} {
		have := h.Quantile(q)
		if float64(have) < float64(want) || float64(have) > 1.035*float64(want) {
			t.Errorf("%v: %v, not %v", q, have, want)
		}
	}
}

func TestEveryDurationIsInTheBucketWhoseBoundIsAboveIt(t *testing.T) {
	for _, v := range []uint64{0, 1, 31, 32, 33, 63, 64, 65, 1000, 123456789, 1 << 40, math.MaxInt64 >> 1} {
		i := echo.Bucket(v)
		if b := uint64(echo.Bound(i)); v >= b {
			t.Errorf("%d is in bucket %d, which ends before %d", v, i, b)
		}
		if i > 0 {
			if b := uint64(echo.Bound(i - 1)); v < b {
				t.Errorf("%d is in bucket %d, though the one before ends at %d", v, i, b)
			}
		}
	}
}

func TestNothingHasNoQuantile(t *testing.T) {
	var h echo.Histogram
	if q := h.Quantile(0.99); q != 0 {
		t.Error(q)
	}
}
