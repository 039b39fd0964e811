//go:build !linux

package reactortest

import "testing"

func testSignals(t *testing.T, _ *suite) {
	t.Skip("a signal cannot be sent to a thread of this system by the standard library")
}
