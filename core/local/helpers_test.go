package local_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/local"
	"github.com/moduvex/moduvex-go/core/task"
)

var (
	number = local.NewKey[int]("number")
	word   = local.NewKey[string]("word")
)

func newHost(t testing.TB) *coretest.Host {
	h := coretest.New(1)
	t.Cleanup(h.Close)
	return h
}

// run makes f a task alone on a host and returns its output.
func run[T any](t *testing.T, f core.Future[T]) (T, error) {
	t.Helper()
	return finish(t, task.New(f))
}

// do runs a body alone on a host.
func do(t *testing.T, body func(co *coro.Co) error) error {
	t.Helper()
	_, err := finish(t, coro.New(func(co *coro.Co) (int, error) { return 0, body(co) }))
	return err
}

func finish[T any](t *testing.T, s *task.Slot[T]) (T, error) {
	t.Helper()
	h := newHost(t)
	h.Spawn(&s.Task)
	h.Run()
	v, err, ok := s.Take()
	if !ok {
		t.Fatalf("the task has not ended: it is %v", s.State())
	}
	return v, err
}

// check looks number up.
func check(t *testing.T, what string, from local.Source, want int, wantOK bool) {
	t.Helper()
	if have, ok := number.Get(from); have != want || ok != wantOK {
		t.Errorf("%s: have %d, %t, want %d, %t", what, have, ok, want, wantOK)
	}
}

// A probe looks number up at each of its polls, and completes at the last.
type probe struct {
	polls int // left
	seen  []int
	drops int
}

func (p *probe) Poll(cx *core.Context) ([]int, bool) {
	v, ok := number.Get(cx)
	if !ok {
		v = -1
	}
	p.seen = append(p.seen, v)
	if p.polls--; p.polls > 0 {
		cx.Yield()
	}
	return p.seen, p.polls <= 0
}

func (p *probe) Drop() { p.drops++ }

func panicOf(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}
