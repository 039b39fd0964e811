package wheel

import (
	"math"
	"time"
)

// Tick is the wheel's resolution. Deadlines are rounded up to it, the clock is
// rounded down.
const Tick = time.Millisecond

// endOfTime is the tick of the latest deadline there is. It is a fraction of a
// tick past the last whole tick, so elapsed could not reach it by division.
const endOfTime = uint64(math.MaxInt64/Tick) + 1

// due is the first tick at which a deadline has passed. Deadlines before the
// epoch are as past as the epoch itself.
func due(deadline time.Duration) uint64 {
	if deadline <= 0 {
		return 0
	}
	// Not (deadline+Tick-1)/Tick, which overflows for the last deadlines.
	return uint64((deadline-1)/Tick) + 1
}

// elapsed is the number of whole ticks that have passed at now.
func elapsed(now time.Duration) uint64 {
	switch {
	case now <= 0:
		return 0
	case now == math.MaxInt64:
		return endOfTime
	default:
		return uint64(now / Tick)
	}
}

// instant is the earliest time at which tick has elapsed. It undoes elapsed
// also at the end of time, where it saturates.
func instant(tick uint64) time.Duration {
	if tick >= endOfTime {
		return math.MaxInt64
	}
	return time.Duration(tick) * Tick
}
