package core

import "time"

// TimeOn returns the value of h.Now at the instant t, which is what Arm takes for a deadline.
//
// The wall clock can be set, and runs while the system sleeps; the clock that Now reads does
// neither. So TimeOn converts a t without a monotonic reading (made by time.Unix or time.Date, parsed, or
// stripped by Round(0)) by its distance from now on the wall clock at the call. It does so once, as package
// time does for timers: a later change of the wall clock does not move the result.
//
//	epoch \ t       monotonic reading      none
//	monotonic       t - epoch              Now + (t - now) by the wall clock
//	none            t - epoch, both as wall-clock times: such a host has a clock of its own
//
// An instant further away than a time.Duration holds becomes the limit of one. Only the worker calls TimeOn, as
// for Now.
func TimeOn(h Host, t time.Time) time.Duration {
	epoch := h.Epoch()
	if isMonotonic(t) || !isMonotonic(epoch) {
		return t.Sub(epoch)
	}
	return addTime(h.Now(), time.Until(t))
}

// Monotonic returns t with a monotonic reading, if t is not too far away for one. It returns a t that has
// one, and the zero Time, unchanged. It converts any other t by its distance from now on the wall
// clock, as [TimeOn] does. It is for deadlines that are stored before a host is known.
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
