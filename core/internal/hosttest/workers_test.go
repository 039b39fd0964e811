package hosttest_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/hosttest"
	"github.com/moduvex/moduvex-go/core/internal/leaktest"
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

func TestWorkersRunTasksToTheirEnd(t *testing.T) {
	c := hosttest.New(3)
	s := coro.New(yields(10))
	boom := coro.New(func(*coro.Co) (int, error) { panic("boom") })
	c.Spawn(&s.Task)
	c.Spawn(&boom.Task)
	c.Wait()
	if v, err, done := s.Take(); v != 10 || err != nil || !done {
		t.Errorf("have %d, %v, %t", v, err, done)
	}
	if _, err, _ := boom.Take(); err == nil {
		t.Error("a panic was lost")
	}
}

func TestASoloRunsItsTasksToTheirEnd(t *testing.T) {
	s := hosttest.NewSolo()
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
