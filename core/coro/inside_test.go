package coro_test

import (
	"bytes"
	"context"
	"iter"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

// A prober is a future that calls Inside in its Poll and in its Drop.
type prober struct{ check func() }

func (p *prober) Poll(*core.Context) (int, bool) { p.check(); return 0, false }
func (p *prober) Drop()                          { p.check() }

// pull runs f in an iterator that iter.Pull drives.
func pull(f func()) {
	next, stop := iter.Pull(func(yield func(int) bool) { f(); yield(1) })
	defer stop()
	next()
}

// A cell has methods with the names of those of package coro.
type cell[T any] struct{}

//go:noinline
func (c *cell[T]) run(f func()) { c.loop(f) }

//go:noinline
func (c *cell[T]) loop(f func()) { f() }

func TestInsideFindsOutWhetherATaskCalls(t *testing.T) {
	body := func(f func()) func(t *testing.T) {
		return func(t *testing.T) { do(t, func(*coro.Co) { f() }) }
	}
	var have []bool
	check := func() { have = append(have, coro.Inside()) }
	tests := []struct {
		name string
		run  func(t *testing.T)
		want bool
	}{
		{"a body", body(check), true},
		{"a body, in an iterator", body(func() { pull(check) }), true},
		{"a body, in an iterator of an iterator", body(func() { pull(func() { pull(check) }) }), true},
		{"a body, on a goroutine", body(func() { panicOf(check) }), false},
		{"a body, on a goroutine, in an iterator", body(func() { panicOf(func() { pull(check) }) }), false},
		{"a body, deep down", body(func() {
			var down func(n int)
			down = func(n int) {
				if n == 0 {
					check()
					return
				}
				down(n - 1)
			}
			down(300)
		}), true},
		{"the clean-up of a body, at the close", func(t *testing.T) {
			h := newHost(t)
			spawn(t, h, func(co *coro.Co) (int, error) { defer check(); return 0, forever(co) })
			h.Run()
			h.Close()
		}, true},
		{"a body that exits", func(t *testing.T) {
			h := newHost(t)
			s := spawn(t, h, func(co *coro.Co) (int, error) {
				defer check()
				for {
					co.Yield()
				}
			})
			h.Step()
			s.Abort()
			h.Run()
		}, true},
		{"a poll, and a drop", func(t *testing.T) {
			h := newHost(t)
			s := task.New[int](&prober{check})
			h.Spawn(&s.Task)
			h.Run()
			s.Abort()
			h.Run()
		}, true},
		{"a poll, and a drop at the close", func(t *testing.T) {
			h := newHost(t)
			h.Spawn(&task.New[int](&prober{check}).Task)
			h.Run()
			h.Close()
		}, true},
		{"a poll, and a drop, in an iterator", func(t *testing.T) {
			h := newHost(t)
			h.Spawn(&task.New[int](&prober{func() { pull(check) }}).Task)
			h.Run()
			h.Close()
		}, true},
		{"a goroutine", func(*testing.T) { check() }, false},
		{"a goroutine, in an iterator", func(*testing.T) { pull(check) }, false},
		{"a goroutine whose spawn is refused", func(*testing.T) {
			s := task.New[int](&prober{check})
			s.ForHost().Kill(core.ErrShutdown)
		}, false},
		{"functions of the same name", func(*testing.T) { new(cell[int]).run(check) }, false},
		{"functions of the same name, in an iterator", func(*testing.T) {
			new(cell[int]).run(func() { pull(check) })
		}, false},
	}
	for _, test := range tests {
		have = nil
		test.run(t)
		if len(have) == 0 || slices.Contains(have, !test.want) {
			t.Errorf("%s: have %v, want %t", test.name, have, test.want)
		}
	}
}

func TestInsideCountsWhatTheHostNames(t *testing.T) {
	loop := coro.FuncOf((*cell[int]).loop)
	new(cell[int]).run(func() {
		if !coro.Inside(loop) {
			t.Error("not found")
		}
		pull(func() {
			if !coro.Inside(loop) {
				t.Error("not found in an iterator")
			}
		})
	})
	if coro.Inside(loop) {
		t.Error("found outside")
	}
}

// A Co is the mark of its body, for what blocks with a context.
func TestNestedIsAboutTheTasksOwnContextInsideIt(t *testing.T) {
	var kept context.Context
	do(t, func(co *coro.Co) {
		kept = co
		derived, cancel := context.WithCancel(context.WithValue(co, valueKey{}, 1))
		defer cancel()
		coro.WithValue(co, valueKey{}, 2, func(scoped *coro.Co) error {
			for name, ctx := range map[string]context.Context{
				"the Co": co, "derived": derived, "of a scope": scoped, "without cancel": context.WithoutCancel(co),
			} {
				if !coro.Nested(ctx) {
					t.Errorf("%s: not nested", name)
				}
				panicOf(func() {
					if coro.Nested(ctx) {
						t.Errorf("%s: nested on a goroutine", name)
					}
				})
				pull(func() {
					if !coro.Nested(ctx) {
						t.Errorf("%s: not nested in an iterator", name)
					}
				})
			}
			return nil
		})
		if coro.Nested(context.Background()) {
			t.Error("nested with a context that is nobody's")
		}
	})
	do(t, func(*coro.Co) {
		if coro.Nested(kept) {
			t.Error("nested in a body that is over")
		}
	})
}

func TestPollingAreTheStacksOfPollsThatGoOn(t *testing.T) {
	const running = "goroutine 7 [running]:\nmain.f()\n\t/f.go:1 +0x1\n" +
		"github.com/moduvex/moduvex-go/core/task.(*HostView).Run(0x1, 0x2)\n\t/task.go:1 +0x1"
	stacks := strings.Join([]string{
		running,
		strings.Replace(running, "running", "coroutine", 1),
		strings.Replace(running, "moduvex/", "other/", 1),
		"goroutine 8 [select]:\nmain.main()\n\t/f.go:1 +0x1",
	}, "\n\n")
	if have := coro.Polling([]byte(stacks + "\n")); len(have) != 1 || string(have[0]) != running {
		t.Errorf("have %q", have)
	}
}

// Suspended has the bodies that wait, and not the one that looks.
func TestSuspendedHasTheBodiesThatWait(t *testing.T) {
	h := newHost(t)
	spawn(t, h, func(co *coro.Co) (int, error) { return 0, theWait(co) })
	h.Run()
	buf := make([]byte, 1<<20)
	spawn(t, h, func(co *coro.Co) (int, error) { buf = buf[:runtime.Stack(buf, true)]; return 0, nil })
	h.Run()
	found := 0
	for _, s := range coro.Suspended(buf) {
		if bytes.Contains(s, []byte("theWait(")) {
			found++
		}
		if bytes.Contains(s, []byte("[running]")) {
			t.Errorf("this one runs:\n%s", s)
		}
	}
	if found != 1 {
		t.Errorf("%d of 1 suspended bodies found", found)
	}
}

//go:noinline
func theWait(co *coro.Co) error { return forever(co) }
