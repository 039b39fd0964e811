package coro_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

// Every way out of a scope leaves nothing with its context.
func TestEveryWayOutLeavesNothingWithTheContext(t *testing.T) {
	ends := map[string]func(t *testing.T, h *coretest.Host, s *task.Slot[int], ctx *manual, co *coro.Co) error{
		"returns": func(*testing.T, *coretest.Host, *task.Slot[int], *manual, *coro.Co) error { return nil },
		"fails":   func(*testing.T, *coretest.Host, *task.Slot[int], *manual, *coro.Co) error { return errCause },
		"panics":  func(*testing.T, *coretest.Host, *task.Slot[int], *manual, *coro.Co) error { panic("boom") },
		"calls Goexit": func(*testing.T, *coretest.Host, *task.Slot[int], *manual, *coro.Co) error {
			runtime.Goexit()
			return nil
		},
		"is aborted": func(_ *testing.T, _ *coretest.Host, _ *task.Slot[int], _ *manual, co *coro.Co) error {
			return forever(co)
		},
		"is dropped": func(_ *testing.T, _ *coretest.Host, _ *task.Slot[int], _ *manual, co *coro.Co) error {
			return forever(co)
		},
		"is unwound": func(_ *testing.T, _ *coretest.Host, _ *task.Slot[int], _ *manual, co *coro.Co) error {
			for {
				forever(co)
			}
		},
		"is cancelled": func(_ *testing.T, _ *coretest.Host, _ *task.Slot[int], _ *manual, co *coro.Co) error {
			return forever(co)
		},
		"cancels itself": func(_ *testing.T, _ *coretest.Host, _ *task.Slot[int], ctx *manual, co *coro.Co) error {
			ctx.end(errCause)
			return forever(co)
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			h := newHost(t)
			ctx := new(manual)
			var s *task.Slot[int]
			ended := false
			s = spawn(t, h, func(co *coro.Co) (int, error) {
				defer func() {
					ended = true
					ctx.unused(t)
					if contexts, scopes := coro.Fans(co); contexts != 0 || scopes != 0 {
						t.Errorf("the worker keeps %d contexts, %d scopes", contexts, scopes)
					}
				}()
				return 0, coro.WithContext(co, ctx, func(co *coro.Co) error {
					if ctx.added != 1 {
						t.Errorf("%d functions", ctx.added)
					}
					return end(t, h, s, ctx, co)
				})
			})
			settle(h)
			switch name {
			case "is aborted", "is unwound":
				s.Abort()
			case "is dropped":
				h.Close()
			case "is cancelled":
				ctx.end(errCause)
			}
			settle(h)
			if !ended || !s.Finished() {
				t.Errorf("ended %t, finished %t", ended, s.Finished())
			}
		})
	}
}

// A context whose AfterFunc panics leaves no scope behind.
func TestAContextThatPanicsEndsTheScope(t *testing.T) {
	do(t, func(co *coro.Co) {
		ctx := panicking{new(manual)}
		func() {
			defer func() {
				if recover() != "AfterFunc" {
					t.Error("it did not panic")
				}
			}()
			coro.WithContext(co, ctx, forever)
		}()
		if contexts, scopes := coro.Fans(co); contexts != 0 || scopes != 0 {
			t.Errorf("the worker keeps %d contexts, %d scopes", contexts, scopes)
		}
		inContext(t, co, context.Background(), func(co *coro.Co) {})
		if co.Interrupted() != nil {
			t.Errorf("outside: have %v", co.Interrupted())
		}
	})
}

type panicking struct{ *manual }

func (panicking) AfterFunc(func()) func() bool { panic("AfterFunc") }
