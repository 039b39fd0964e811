package task_test

import (
	"sync/atomic"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/task"
)

// A probe is a future that records its life: it calls onPoll at each poll.
type probe struct {
	onPoll    func(p *probe, cx *core.Context) (int, bool)
	onDrop    func(p *probe)
	polls     int
	drops     int
	completed bool
	busy      atomic.Int32 // calls of Poll and Drop under way
}

func (p *probe) Poll(cx *core.Context) (int, bool) {
	p.enter()
	defer p.busy.Add(-1)
	p.polls++
	v, ok := p.onPoll(p, cx)
	p.completed = ok
	return v, ok
}

func (p *probe) Drop() {
	p.enter()
	defer p.busy.Add(-1)
	p.drops++
	if p.onDrop != nil {
		p.onDrop(p)
	}
}

func (p *probe) enter() {
	if p.busy.Add(1) != 1 {
		panic("two calls of a future at once")
	}
	if p.completed || p.drops > 0 {
		panic("a call of a future that has ended")
	}
}

// pending is a Poll that never completes.
func pending(*probe, *core.Context) (int, bool) { return 0, false }

// completesWith returns a Poll that completes with v at once.
func completesWith(v int) func(*probe, *core.Context) (int, bool) {
	return func(*probe, *core.Context) (int, bool) { return v, true }
}

// settled fails the test unless the future has completed or was dropped, once.
func (p *probe) settled(t *testing.T) {
	t.Helper()
	want := 1
	if p.completed {
		want = 0
	}
	if p.drops != want {
		t.Errorf("completed %t, dropped %d times, want %d", p.completed, p.drops, want)
	}
}

func newHost(t testing.TB) *coretest.Host {
	h := coretest.New(1)
	t.Cleanup(h.Close)
	return h
}

// spawn starts a task on h.
func spawn(t testing.TB, h *coretest.Host, p *probe) *task.Slot[int] {
	t.Helper()
	s := task.New[int](p)
	if err := h.Spawn(&s.Task); err != nil {
		t.Fatal(err)
	}
	return s
}

// join takes the output of a task that must have ended.
func join(t testing.TB, s *task.Slot[int]) (int, error) {
	t.Helper()
	v, err, done := s.Take()
	if !done {
		t.Fatalf("a task that is %v is not joined, want it to have ended", s.State())
	}
	return v, err
}

// A counter is a waker that counts.
type counter struct{ n atomic.Int32 }

func (c *counter) Wake() { c.n.Add(1) }

// elsewhere runs f on a new goroutine and waits for it.
func elsewhere(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
}
