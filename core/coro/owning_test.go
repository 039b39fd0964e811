package coro_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

// A resource counts how often it is closed.
type resource struct{ closed int }

func (r *resource) Close() error { r.closed++; return nil }

// serve returns a body that owns r, like that of a server.
func serve(r *resource, began *bool) func(co *coro.Co) (int, error) {
	return func(co *coro.Co) (int, error) {
		*began = true
		defer r.Close()
		return 0, co.Yield()
	}
}

// The resource of a task is closed once, however the task ends: by the body, if that has begun.
func TestWhatATaskOwnsIsClosedOnceWhateverBecomesOfIt(t *testing.T) {
	tests := []struct {
		name  string
		do    func(h *coretest.Host, s *task.Slot[int])
		began bool
	}{
		{"it runs", func(h *coretest.Host, s *task.Slot[int]) { h.Spawn(&s.Task); h.Run() }, true},
		{"it is aborted before it begins",
			func(h *coretest.Host, s *task.Slot[int]) { h.Spawn(&s.Task); s.Abort(); h.Run() }, true},
		{"it is aborted while it waits",
			func(h *coretest.Host, s *task.Slot[int]) { h.Spawn(&s.Task); h.Step(); s.Abort(); h.Run() }, true},
		{"its host closes before it begins",
			func(h *coretest.Host, s *task.Slot[int]) { h.Spawn(&s.Task); h.Close() }, true},
		{"its host closes while it waits",
			func(h *coretest.Host, s *task.Slot[int]) { h.Spawn(&s.Task); h.Step(); h.Close() }, true},
		{"it is aborted, and its host closes before it begins",
			func(h *coretest.Host, s *task.Slot[int]) { h.Spawn(&s.Task); s.Abort(); h.Close() }, true},
		{"its host takes no tasks any more", func(h *coretest.Host, s *task.Slot[int]) {
			h.Close()
			s.ForHost().Kill(h.Spawn(&s.Task))
			s.ForHost().Kill(nil) // again: nothing
		}, false},
	}
	for _, test := range tests {
		h := newHost(t)
		r, began := new(resource), false
		s := coro.NewOwning(r, serve(r, &began))
		test.do(h, s)
		if !s.Finished() || r.closed != 1 || began != test.began {
			t.Errorf("%s: finished %t, closed %d times, began %t", test.name, s.Finished(), r.closed, began)
		}
	}
}

// A Do that waits for a permit ends in every possible way.
func TestWhatAChildOwnsIsClosedOnceWhateverBecomesOfIt(t *testing.T) {
	forced := func(s *task.Slot[int]) { s.Abort() }
	tests := []struct {
		name  string
		do    func(h *coretest.Host, caller *task.Slot[int], s *coro.Group, g *gate)
		began bool
	}{
		{"it gets its permit", func(_ *coretest.Host, _ *task.Slot[int], _ *coro.Group, g *gate) { g.open(0) }, true},
		{"its spawner is aborted", func(_ *coretest.Host, c *task.Slot[int], _ *coro.Group, _ *gate) { forced(c) }, false},
		{"its sibling is aborted", func(h *coretest.Host, _ *task.Slot[int], s *coro.Group, _ *gate) { s.AbortAll() }, true},
		{"its host closes", func(h *coretest.Host, _ *task.Slot[int], _ *coro.Group, _ *gate) { h.Close() }, false},
	}
	for _, test := range tests {
		for _, results := range []bool{false, true} {
			h := newHost(t)
			r, began, g := new(resource), false, new(gate)
			var scope *coro.Group
			caller := spawn(t, h, func(co *coro.Co) (int, error) {
				return 0, coro.WithGroup(co, coro.GroupOptions{Limit: 1}, func(co *coro.Co, s *coro.Group) error {
					scope = s
					s.Do(co, func(co *coro.Co) error { return await(co, g) })
					body := serve(r, &began)
					if results {
						return coro.NewResults[int](s).GoOwning(co, r, body)
					}
					return s.DoOwning(co, r, func(co *coro.Co) error { _, err := body(co); return err })
				})
			})
			h.Run()
			test.do(h, caller, scope, g)
			h.Run()
			if !caller.Finished() || r.closed != 1 || began != test.began {
				t.Errorf("%s: finished %t, closed %d times, began %t", test.name, caller.Finished(), r.closed, began)
			}
		}
	}
}

// both is a host that closes: it refuses a task, and has given it up in the same instant.
type both struct {
	*worker
	killed bool
}

func (b *both) Spawn(r core.Task) error {
	if b.killed {
		r.(*task.Task).ForHost().KillOn(core.NewContext(b.worker), core.ErrShutdown)
	}
	return core.ErrShutdown
}

func TestWhatAChildOwnsIsClosedOnceIfItIsRefused(t *testing.T) {
	for _, killed := range []bool{false, true} {
		w := newWorker(t, coro.NewPool(0, false))
		r, began := new(resource), false
		s := coro.New(func(co *coro.Co) (int, error) {
			return 0, coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
				return s.DoOwning(co, r, func(co *coro.Co) error { _, err := serve(r, &began)(co); return err })
			})
		})
		w.Spawn(&s.Task)
		w.cx = core.NewContext(&both{w, killed})
		w.run()
		if _, err := take(t, s); !errors.Is(err, core.ErrShutdown) || r.closed != 1 || began != killed {
			t.Errorf("killed %t: have %v, closed %d times, began %t", killed, err, r.closed, began)
		}
	}
}

// named notes in which order it is closed.
type named struct {
	name  string
	order *[]string
	err   error
}

func (n named) Close() error { *n.order = append(*n.order, n.name); return n.err }

func TestClosersCloseAllFromTheLastOn(t *testing.T) {
	var order []string
	err := coro.Closers{named{"a", &order, nil}, named{"b", &order, errFirst}, named{"c", &order, errSecond}}.Close()
	if !slices.Equal(order, []string{"c", "b", "a"}) || !errors.Is(err, errFirst) || !errors.Is(err, errSecond) {
		t.Errorf("have %v, %v", order, err)
	}
	if err := (coro.Closers{}).Close(); err != nil {
		t.Errorf("none: have %v", err)
	}
}

func TestABodyOwnsSomething(t *testing.T) {
	do(t, func(co *coro.Co) {
		coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
			body := func(*coro.Co) error { return nil }
			for text, f := range map[string]func(){
				"coro: a body that owns nothing: the Closer is nil": func() { s.DoOwning(co, nil, body) },
				"coro: DoOwning of a nil body":                      func() { s.DoOwning(co, new(resource), nil) },
				"coro: NewOwning of a nil body":                     func() { coro.NewOwning[int](new(resource), nil) },
			} {
				func() {
					defer func() {
						if have := fmt.Sprint(recover()); have != text {
							t.Errorf("have %s, want %s", have, text)
						}
					}()
					f()
				}()
			}
			return nil
		})
	})
}

func TestNewCallingOwningIsNamedAfterTheFunctionThatItCalls(t *testing.T) {
	for _, accepted := range []bool{true, false} {
		h := newHost(t)
		r := new(resource)
		s := coro.NewCallingOwning(r, failsAtOnce, func(co *coro.Co) (int, error) {
			defer r.Close()
			return 7, failsAtOnce(co)
		})
		s.ForHost().StartTiming(0, nil)
		if times, ok := s.Times(); !ok || !strings.HasSuffix(times.Body, "coro_test.failsAtOnce") {
			t.Errorf("the body is called %q", times.Body)
		}
		if accepted {
			h.Spawn(&s.Task)
			h.Run()
		} else {
			s.ForHost().Kill(nil)
		}
		if v, err := take(t, s); err == nil || (v == 7) != accepted || r.closed != 1 {
			t.Errorf("accepted %t: have %d, %v, closed %d times", accepted, v, err, r.closed)
		}
	}
	defer func() {
		if v := recover(); v != "coro: NewCallingOwning of a nil body" {
			t.Errorf("it panicked with %v", v)
		}
	}()
	coro.NewCallingOwning[int](new(resource), failsAtOnce, nil)
}
