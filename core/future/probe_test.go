package future_test

import (
	"fmt"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/task"
)

// A probe is a child whose life the tests watch. It completes with value once ready, and panics with boom
// if that is set.
type probe struct {
	t     *testing.T
	ready bool
	value int
	boom  any
	bang  any // what Drop panics with

	waker     core.Waker // of the last poll
	polls     int
	completed bool
	drops     int
}

func (p *probe) Poll(cx *core.Context) (int, bool) {
	if p.completed || p.drops > 0 {
		p.t.Errorf("a child was polled that had completed (%t) or was dropped (%d)", p.completed, p.drops)
	}
	p.polls++
	p.waker = cx.Waker()
	if p.boom != nil {
		panic(p.boom)
	}
	if p.ready {
		p.completed = true
		return p.value, true
	}
	return 0, false
}

func (p *probe) Drop() {
	p.drops++
	if p.bang != nil {
		panic(p.bang)
	}
}

// wake makes the probe ready and wakes the task that polled it.
func (p *probe) wake() {
	p.ready = true
	p.waker.Wake()
}

// settled fails the test unless the probe has either completed or was dropped, once.
func (p *probe) settled(t *testing.T, name string) {
	t.Helper()
	want := 1
	if p.completed {
		want = 0
	}
	if p.drops != want {
		t.Errorf("%s: completed %t: dropped %d times, want %d", name, p.completed, p.drops, want)
	}
}

func probes(t *testing.T, n int) []*probe {
	ps := make([]*probe, n)
	for i := range ps {
		ps[i] = &probe{t: t, value: i}
	}
	return ps
}

func futures(ps []*probe) []core.Future[int] {
	fs := make([]core.Future[int], len(ps))
	for i, p := range ps {
		fs[i] = p
	}
	return fs
}

// spawn starts a task of f on a new host, which is closed with the test.
func spawn[T any](t testing.TB, f core.Future[T]) (*coretest.Host, *task.Slot[T]) {
	t.Helper()
	h := coretest.New(1)
	t.Cleanup(h.Close)
	s := task.New(f)
	if err := h.Spawn(&s.Task); err != nil {
		t.Fatal(err)
	}
	return h, s
}

// run runs f to its end and returns its value.
func run[T any](t testing.TB, f core.Future[T]) T {
	t.Helper()
	h, s := spawn(t, f)
	h.Run()
	return output(t, s)
}

func output[T any](t testing.TB, s *task.Slot[T]) T {
	t.Helper()
	v, err, done := s.Take()
	if !done {
		t.Fatal("pending, want a value")
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func mustPanic(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if have := fmt.Sprint(recover()); have != want {
			t.Errorf("panic: have %s, want %s", have, want)
		}
	}()
	f()
}

// erase hides the type of the value of f, so that combinators of all types fit in one table.
func erase[T any](f core.Future[T]) core.Future[any] { return erased[T]{f} }

type erased[T any] struct{ child core.Future[T] }

func (e erased[T]) Poll(cx *core.Context) (any, bool) {
	if v, ok := e.child.Poll(cx); ok {
		return v, true
	}
	return nil, false
}

func (e erased[T]) Drop() { core.Drop(e.child) }
