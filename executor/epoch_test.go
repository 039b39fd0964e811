package executor

import (
	"time"
	"unsafe"
)

// NewAfterClockChange is New as a program finds the runtime that it made before the wall clock was
// set forward by so much: the wall time of its epoch is behind that of its monotonic reading.
func NewAfterClockChange(by time.Duration, opts Options) (*Runtime, error) {
	return newAt(wallMoved(time.Now(), -by), opts)
}

// wallMoved moves the wall time of t, which has a monotonic reading, by whole seconds. The monotonic
// reading stays, which no call of package time does.
func wallMoved(t time.Time, by time.Duration) time.Time {
	// As package time documents: a flag, 33 bits of seconds, 30 bits of nanoseconds.
	wall := (*uint64)(unsafe.Pointer(&t))
	*wall += uint64(int64(by/time.Second)) << 30
	return t
}
