package lock_test

import "runtime"

// waits returns once the condition holds that another goroutine brings about.
func waits(condition func() bool) {
	for !condition() {
		runtime.Gosched()
	}
}
