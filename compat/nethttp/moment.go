package nethttp

import "time"

// A moment is a time by the monotonic clock, in a third of the room that a time.Time takes; never is the zero time.Time.
type moment int64

const never moment = 0

// epoch is moment 0. It has a monotonic reading, so a change of the wall clock moves no moment.
var epoch = time.Now()

// momentOf returns never for the zero time only.
func momentOf(t time.Time) moment {
	if t.IsZero() {
		return never
	}
	if m := moment(t.Sub(epoch)); m != never {
		return m
	}
	return never + 1 // t is epoch
}

func (m moment) time() time.Time {
	if m == never {
		return time.Time{}
	}
	return epoch.Add(time.Duration(m))
}
