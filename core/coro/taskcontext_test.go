package coro_test

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"
	"weak"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

// spawnWith is spawn of a task that ends with ctx.
func spawnWith[T any](t testing.TB, s core.Spawner, ctx context.Context, body func(co *coro.Co) (T, error)) *task.Slot[T] {
	t.Helper()
	slot := coro.NewWithContext(ctx, body)
	if err := s.Spawn(&slot.Task); err != nil {
		t.Fatal(err)
	}
	return slot
}

// What a task ends with after the end of its context, by what its body does then. An abort in its place gives the same
// states and values.
func TestATaskEndsWithItsContextAsByAnAbort(t *testing.T) {
	ignore := func(co *coro.Co) {
		for {
			forever(co)
		}
	}
	isCause := func(err error) bool {
		var ce *coro.CancelError
		return errors.As(err, &ce) && errors.Is(err, errCause) && errors.Is(err, core.ErrCancelled)
	}
	is := func(want error) func(err error) bool { return func(err error) bool { return err == want } }
	tests := []struct {
		name  string
		body  func(co *coro.Co) (int, error)
		value int
		err   func(err error) bool
		state task.State
	}{
		{"returns the error of the await",
			func(co *coro.Co) (int, error) { return 7, forever(co) }, 0, isCause, task.Cancelled},
		{"returns it with another one",
			func(co *coro.Co) (int, error) { return 7, errors.Join(io.EOF, forever(co)) }, 0,
			func(err error) bool { return isCause(err) && errors.Is(err, io.EOF) }, task.Cancelled},
		{"returns a value",
			func(co *coro.Co) (int, error) { forever(co); return 7, nil }, 7, is(nil), task.Completed},
		{"returns another error",
			func(co *coro.Co) (int, error) { forever(co); return 7, io.EOF }, 7, is(io.EOF), task.Completed},
		{"ignores the awaits",
			func(co *coro.Co) (int, error) { ignore(co); return 7, nil }, 0, isCause, task.Cancelled},
		{"ignores them in scopes",
			func(co *coro.Co) (int, error) {
				return 7, coro.WithTimeout(co, time.Hour, func(co *coro.Co) error {
					return coro.WithContext(co, context.Background(), func(co *coro.Co) error { ignore(co); return nil })
				})
			}, 0, isCause, task.Cancelled},
		{"ignores them, and recovers",
			func(co *coro.Co) (v int, err error) {
				defer func() {
					recover()
					v, err = 7, nil
				}()
				ignore(co)
				return 0, nil
			}, 0, isCause, task.Cancelled},
		{"ignores them in its clean-up",
			func(co *coro.Co) (int, error) {
				defer ignore(co)
				return 7, forever(co)
			}, 0, isCause, task.Cancelled},
		{"ignores them, and panics in its clean-up",
			func(co *coro.Co) (int, error) {
				defer func() { panic("boom") }()
				ignore(co)
				return 7, nil
			}, 0, endedBy("boom"), task.Completed},
		{"panics",
			func(co *coro.Co) (int, error) { forever(co); panic("boom") }, 0, endedBy("boom"), task.Completed},
		{"calls Goexit",
			func(co *coro.Co) (int, error) { forever(co); runtime.Goexit(); return 7, nil }, 0, is(core.ErrGoexit), task.Completed},
		{"awaits under a shield",
			func(co *coro.Co) (int, error) {
				defer coro.Shield(co, func(co *coro.Co) error {
					if err := co.Yield(); err != nil {
						t.Errorf("in the shield: have %v", err)
					}
					return nil
				})
				return 7, forever(co)
			}, 0, isCause, task.Cancelled},
	}
	for _, test := range tests {
		for _, end := range []string{"context", "abort"} {
			h := newHost(t)
			ctx := new(manual)
			var in *coro.Co
			s := spawnWith(t, h, ctx, func(co *coro.Co) (int, error) { in = co; return test.body(co) })
			settle(h)
			if end == "context" {
				ctx.end(errCause)
			} else {
				s.Abort()
			}
			settle(h)
			v, err := take(t, s)
			if v != test.value || s.State() != test.state || end == "context" && !test.err(err) {
				t.Errorf("%s, %s: have %d, %v, %v", end, test.name, v, err, s.State())
			}
			if end == "context" && !isCause(in.Cause()) {
				t.Errorf("%s: the cause of the Co is %v", test.name, in.Cause())
			}
			ctx.unused(t)
		}
	}
}

// An abort that comes while the body is unwound by force does not hide why it is.
func TestAnAbortInACleanUpKeepsTheCauseOfTheContext(t *testing.T) {
	h := newHost(t)
	ctx := new(manual)
	var s *task.Slot[int]
	s = spawnWith(t, h, ctx, func(co *coro.Co) (int, error) {
		defer func() {
			s.Abort()
			co.Suspend()
		}()
		for {
			co.Suspend()
		}
	})
	settle(h)
	ctx.end(errCause)
	settle(h)
	if _, err := take(t, s); !errors.Is(err, errCause) || s.State() != task.Cancelled {
		t.Errorf("have %v, %v", err, s.State())
	}
}

// A shield around the awaits keeps the end of the context out for as long as it lasts.
func TestAShieldKeepsTheEndOfTheTasksContextOut(t *testing.T) {
	h := newHost(t)
	ctx := new(manual)
	shielded := 0
	s := spawnWith(t, h, ctx, func(co *coro.Co) (int, error) {
		coro.Shield(co, func(co *coro.Co) error {
			for range 2 * coro.MaxIgnored {
				if err := coro.Sleep(co, time.Millisecond); err == nil {
					shielded++
				}
			}
			return nil
		})
		return 0, co.Interrupted()
	})
	settle(h)
	ctx.end(errCause)
	h.Run()
	if _, err := take(t, s); shielded != 2*coro.MaxIgnored || !errors.Is(err, errCause) {
		t.Errorf("%d awaits in the shield, have %v", shielded, err)
	}
}

// The end of the context of a part is no abort: the body may ignore it for ever.
func TestTheEndOfTheContextOfAPartIsNoAbort(t *testing.T) {
	h := newHost(t)
	ctx := new(manual)
	s := spawnWith(t, h, context.Background(), func(co *coro.Co) (int, error) {
		err := coro.WithContext(co, ctx, func(co *coro.Co) (err error) {
			for range 3 * coro.MaxIgnored {
				err = forever(co)
			}
			return err
		})
		return 7, err
	})
	settle(h)
	ctx.end(errCause)
	settle(h)
	if v, err := take(t, s); v != 7 || !errors.Is(err, errCause) || s.State() != task.Completed {
		t.Errorf("have %d, %v, %v", v, err, s.State())
	}
}

// A task whose context is done before begins, and its first await fails. It is dropped with a host that closes.
func TestATaskOfAContextBeginsAndIsDropped(t *testing.T) {
	for name, test := range map[string]struct {
		done  bool
		end   func(h *coretest.Host, ctx *manual)
		wants error
	}{
		"done":    {true, func(*coretest.Host, *manual) {}, errCause},
		"dropped": {false, func(h *coretest.Host, _ *manual) { h.Close() }, core.ErrShutdown},
		"dropped, and done": {false, func(h *coretest.Host, ctx *manual) {
			ctx.end(errCause)
			h.Close()
		}, core.ErrShutdown},
	} {
		h := newHost(t)
		ctx := new(manual)
		if test.done {
			ctx.end(errCause)
		}
		r := new(resource)
		told := 0
		slot := coro.NewDoOwningWithContext[int](ctx, r, func(co *coro.Co) error {
			defer r.Close()
			for {
				if co.Suspend() != nil {
					told++
				}
			}
		})
		if err := h.Spawn(&slot.Task); err != nil {
			t.Fatal(err)
		}
		settle(h)
		test.end(h, ctx)
		settle(h)
		_, err := take(t, slot)
		if !errors.Is(err, test.wants) || told != coro.MaxIgnored || r.closed != 1 || slot.State() != task.Cancelled {
			t.Errorf("%s: have %v, told %d times, closed %d times, %v", name, err, told, r.closed, slot.State())
		}
		ctx.unused(t)
	}
}

// What a context that panics does to a task: it is a panic of the task, and its resource is closed.
func TestAContextThatPanicsEndsItsTask(t *testing.T) {
	h := newHost(t)
	r := new(resource)
	slot := coro.NewOwningWithContext(panicking{new(manual)}, r, func(co *coro.Co) (int, error) {
		t.Error("the body begins")
		return 0, nil
	})
	if err := h.Spawn(&slot.Task); err != nil {
		t.Fatal(err)
	}
	settle(h)
	if _, err := take(t, slot); !endedBy("AfterFunc")(err) || r.closed != 1 {
		t.Errorf("have %v, closed %d times", err, r.closed)
	}
	for name, test := range map[string]struct {
		end  func(co *coro.Co)
		want string
	}{
		"returns":      {func(*coro.Co) {}, "stop"},
		"panics":       {func(*coro.Co) { panic("boom") }, "boom"},
		"calls Goexit": {func(*coro.Co) { runtime.Goexit() }, "stop"},
	} {
		s := spawnWith(t, h, stopPanics{new(manual)}, func(co *coro.Co) (int, error) { test.end(co); return 0, nil })
		settle(h)
		if _, err := take(t, s); !endedBy(test.want)(err) {
			t.Errorf("%s: have %v", name, err)
		}
	}
	do(t, func(co *coro.Co) {
		if contexts, scopes := coro.Fans(co); contexts != 0 || scopes != 0 {
			t.Errorf("the worker keeps %d contexts, %d scopes", contexts, scopes)
		}
	})
}

// A stopPanics panics when a function is taken back.
type stopPanics struct{ *manual }

func (stopPanics) AfterFunc(func()) func() bool { return func() bool { panic("stop") } }

// After its end a task keeps neither its context nor the scope.
func TestATaskThatHasEndedKeepsNothingOfItsContext(t *testing.T) {
	type big struct {
		context.Context
		_ [1 << 10]byte
	}
	h := newHost(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	made := func() (s *task.Slot[int], kept func() bool) {
		own := &big{Context: ctx}
		p := weak.Make(own)
		return spawnWith(t, h, own, func(co *coro.Co) (int, error) { return 0, co.Yield() }), func() bool { return !collected(p) }
	}
	s, kept := made()
	settle(h)
	if kept() {
		t.Error("the context is reachable")
	}
	runtime.KeepAlive(s)
}

func TestNilArgumentsOfTasksWithContextsPanic(t *testing.T) {
	ctx := t.Context()
	var none context.Context
	r := new(resource)
	value := func(*coro.Co) (int, error) { return 0, nil }
	fails := func(*coro.Co) error { return nil }
	for want, f := range map[string]func(){
		"coro: NewWithContext with a nil Context":         func() { coro.NewWithContext(none, value) },
		"coro: NewWithContext of a nil body":              func() { coro.NewWithContext[int](ctx, nil) },
		"coro: NewDoWithContext with a nil Context":       func() { coro.NewDoWithContext[int](none, fails) },
		"coro: NewDoWithContext of a nil body":            func() { coro.NewDoWithContext[int](ctx, nil) },
		"coro: NewOwningWithContext with a nil Context":   func() { coro.NewOwningWithContext(none, r, value) },
		"coro: NewOwningWithContext of a nil body":        func() { coro.NewOwningWithContext[int](ctx, r, nil) },
		"coro: NewDoOwningWithContext with a nil Context": func() { coro.NewDoOwningWithContext[int](none, r, fails) },
		"coro: NewDoOwningWithContext of a nil body":      func() { coro.NewDoOwningWithContext[int](ctx, r, nil) },
		"coro: a body that owns nothing: the Closer is nil": func() {
			coro.NewOwningWithContext(ctx, nil, value)
		},
	} {
		if have := panicOf(f); have != want {
			t.Errorf("have %v, want %s", have, want)
		}
	}
}

// The task of a context is described by its body.
func TestATaskOfAContextIsNamedAfterItsBody(t *testing.T) {
	for _, s := range []*task.Slot[int]{
		coro.NewDoWithContext[int](t.Context(), failsAtOnce),
		coro.NewDoOwningWithContext[int](t.Context(), new(resource), failsAtOnce),
	} {
		if name := s.ForHost().Body().(task.Describer).Describe(); !strings.HasSuffix(name, ".failsAtOnce") {
			t.Errorf("have %s", name)
		}
	}
}
