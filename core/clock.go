package core

import "time"

// TimeOn returns the time that h.Now shows at the instant t: what Arm takes for a deadline.
//
// The wall clock can be set, and goes on while the system sleeps; the clock that Now reads does
// neither. So a t without a monotonic reading (made by time.Unix or time.Date, parsed, or stripped by
// Round(0)) is as far from now as the wall clock says at the call. It is converted once, as package
// time does for timers: what happens to the wall clock later does not move the result.
//
//	epoch \ t       monotonic reading      none
//	monotonic       t - epoch              Now + what is left of t by the wall clock
//	none            t - epoch, both as wall-clock times: such a host has a clock of its own
//
// What lies further away than a time.Duration holds is at the limit of one. On the worker, as Now is.
func TimeOn(h Host, t time.Time) time.Duration {
	epoch := h.Epoch()
	if isMonotonic(t) || !isMonotonic(epoch) {
		return t.Sub(epoch)
	}
	return addTime(h.Now(), time.Until(t))
}

// Monotonic returns t with a monotonic reading, if it is not too far away to have one. A t that has
// one is returned as it is, and so is the zero Time. Of any other, the distance from now by the wall
// clock counts, as in [TimeOn]. It is for deadlines that are kept before a host is known.
func Monotonic(t time.Time) time.Time {
	if t.IsZero() || isMonotonic(t) {
		return t
	}
	now := time.Now()
	return now.Add(t.Sub(now))
}

// isMonotonic reports whether t has a monotonic reading.
func isMonotonic(t time.Time) bool { return t != t.Round(0) }

// addTime returns a + b, or the limit of a Duration on the side where the sum exceeds it.
func addTime(a, b time.Duration) time.Duration {
	sum := a + b
	switch {
	case b > 0 && sum < a:
		return 1<<63 - 1
	case b < 0 && sum > a:
		return -1 << 63
	}
	return sum
}
