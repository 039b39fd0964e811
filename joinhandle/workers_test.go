package joinhandle_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
)

// newWorkers starts workers that share a queue, for the time of the test.
func newWorkers(t testing.TB, n int) *coretest.Workers {
	ws := coretest.NewWorkers(n)
	t.Cleanup(ws.Close)
	return ws
}

// steps is a future that yields a number of times before it is ready.
type steps struct{ value, left int }

func newSteps(value, left int) *steps { return &steps{value, left} }

func (s *steps) Poll(cx *core.Context) (int, bool) {
	if s.left == 0 {
		return s.value, true
	}
	s.left--
	cx.Yield()
	return 0, false
}
