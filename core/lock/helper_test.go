package lock_test

import "runtime"

// waits returns once another goroutine has made the condition true.
func waits(condition func() bool) {
	for !condition() {
		runtime.Gosched()
	}
}
