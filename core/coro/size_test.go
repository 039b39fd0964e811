package coro_test

import (
	"math/bits"
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
)

// Each spawn allocates as much, so one field more may be a size class more.
func TestABodyIsASmallAllocation(t *testing.T) {
	if bits.UintSize != 64 {
		t.Skip("the figure is for 64 bits")
	}
	if have := coro.SizeOfATask[int](); have > 160 {
		t.Errorf("a task takes %d bytes, want 160 at most", have)
	}
}
