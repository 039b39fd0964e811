package coro_test

import (
	"errors"
	"runtime"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

// awaitAll tries each way to await, and returns the first error that is none of an abort.
func awaitAll(co *coro.Co) error {
	for _, await := range awaits {
		if err := await.f(co); !isAbort(err) {
			return errors.New(await.name + " did not fail")
		}
	}
	return nil
}

func TestABodyThatIsAbortedBeforeItsFirstPollBeginsAndItsAwaitsFail(t *testing.T) {
	h := newHost(t)
	var wrong error
	cleaned := false
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		defer func() { cleaned = coro.Shield(co, (*coro.Co).Yield) == nil }()
		wrong = awaitAll(co)
		return 0, co.Interrupted()
	})
	s.Abort()
	h.Run()
	if _, err := take(t, s); err != core.ErrCancelled || s.State() != task.Cancelled || wrong != nil || !cleaned {
		t.Errorf("have %v, %v, %v, cleaned up %t", err, s.State(), wrong, cleaned)
	}
	if n := h.Coroutines().Idle(); n != 1 {
		t.Errorf("%d coroutines are idle, want its one", n)
	}
}

func TestABodyWhoseHostClosesBeforeItsFirstPollBeginsAndItsAwaitsFail(t *testing.T) {
	h := newHost(t)
	var wrong, refused, shielded, scoped error
	cleaned := false
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		defer func() { cleaned = true }()
		wrong = awaitAll(co)
		refused = co.Spawn(&coro.New(nothing).Task)
		shielded = coro.Shield(co, func(co *coro.Co) error { return co.Yield() })
		scoped = coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
			return s.Do(co, func(*coro.Co) error { t.Error("a child began"); return nil })
		})
		if co.Context().Host() != core.Host(h) || co.Context().Waker() == nil {
			t.Error("the context is not that of the host")
		}
		return 7, nil
	})
	h.Close()
	v, err := take(t, s)
	if v != 0 || err != core.ErrShutdown || s.State() != task.Cancelled || !cleaned {
		t.Errorf("have %d, %v, %v, cleaned up %t", v, err, s.State(), cleaned)
	}
	if wrong != nil || refused != core.ErrShutdown || !isAbort(shielded) || !isAbort(scoped) {
		t.Errorf("have %v; a spawn %v, a shield %v, a scope %v", wrong, refused, shielded, scoped)
	}
}

// A body that its host closes before it has begun returns its coroutine to the pool, however the body ends.
func TestEveryEndOfABodyThatBeginsAtTheClose(t *testing.T) {
	for name, test := range ends {
		h := newHost(t)
		s := spawn(t, h, func(co *coro.Co) (int, error) { return test.body(co) })
		h.Close()
		if _, err := take(t, s); !test.is(err) {
			t.Errorf("%s: have %v", name, err)
		}
	}
}

var ends = map[string]struct {
	body func(co *coro.Co) (int, error)
	is   func(error) bool
}{
	"a value":  {func(*coro.Co) (int, error) { return 1, nil }, isShutdown},
	"an error": {func(co *coro.Co) (int, error) { return 0, co.Yield() }, isShutdown},
	"Goexit":   {func(co *coro.Co) (int, error) { runtime.Goexit(); return 0, nil }, isShutdown},
	"a loop": {func(co *coro.Co) (int, error) {
		for {
			co.Yield()
		}
	}, isShutdown},
	"a panic": {func(co *coro.Co) (int, error) { panic("boom") }, endedBy("boom")},
}

func isShutdown(err error) bool { return err == core.ErrShutdown }

func TestATaskThatNoHostTakesNeverBegins(t *testing.T) {
	s := coro.New(func(*coro.Co) (int, error) { t.Error("it began"); return 0, nil })
	s.ForHost().Kill(core.ErrShutdown)
	if _, err := take(t, s); err != core.ErrShutdown {
		t.Errorf("have %v", err)
	}
}
