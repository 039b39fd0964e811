package runq_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/executor/internal/runq"
)

// A hand whose tasks went back to the ring keeps none of them.
func TestAHandForgetsWhatItDrops(t *testing.T) {
	for n := range runq.HandSize + 1 {
		if left := runq.HandAfterDrop(n); left != runq.HandSize-n {
			t.Errorf("after a drop of %d, %d are kept, want %d", n, left, runq.HandSize-n)
		}
	}
}
