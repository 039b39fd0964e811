package waittest_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/leaktest"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
)

func TestMain(m *testing.M) { leaktest.VerifyTestMain(m) }

func yields(n int) func(co *coro.Co) (int, error) {
	return func(co *coro.Co) (int, error) {
		for range n {
			if err := co.Yield(); err != nil {
				return 0, err
			}
		}
		return n, nil
	}
}

func TestASoloRunsItsTasksToTheirEnd(t *testing.T) {
	s := waittest.NewSolo()
	defer s.Close()
	a, b := coro.New(yields(10)), coro.New(func(co *coro.Co) (int, error) { return 0, co.Suspend() })
	s.Spawn(&a.Task)
	s.Spawn(&b.Task)
	if live := s.Run(); live != 1 || !a.Finished() {
		t.Errorf("%d live, want 1", live)
	}
	s.Wake(&b.Task)
	if live := s.Run(); live != 0 {
		t.Errorf("%d live, want none", live)
	}
}
