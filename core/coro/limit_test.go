package coro_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
)

// A spurious wake gives a caller of Do no permit.
func TestASpuriousWakeRunsNoChildBeyondTheLimit(t *testing.T) {
	h := newHost(t)
	g := new(gate)
	running, most := 0, 0
	child := func(co *coro.Co) error {
		running++
		most = max(most, running)
		defer func() { running-- }()
		return await(co, g)
	}
	var caller core.Waker
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		return 0, coro.WithGroup(co, coro.GroupOptions{Limit: 1}, func(co *coro.Co, s *coro.Group) error {
			caller = co.Context().Waker()
			s.Do(co, child)
			return s.Do(co, child)
		})
	})
	h.Run()
	for range 3 {
		caller.Wake()
		h.Run()
	}
	if running != 1 || most != 1 {
		t.Errorf("%d children run, %d at most; want 1", running, most)
	}
	g.open(1)
	h.Run()
	if _, err := take(t, s); err != nil || most != 1 {
		t.Errorf("have %v, %d children at most", err, most)
	}
}
