package task_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/task"
)

func TestPanicIsContainedWithValueAndStack(t *testing.T) {
	h := newHost(t)
	cause := errors.New("cause")
	p := &probe{onPoll: func(*probe, *core.Context) (int, bool) { panicsHere(cause); return 0, true }}
	s, other := spawn(t, h, p), spawn(t, h, &probe{onPoll: completesWith(7)})
	h.Run()
	p.settled(t)
	_, err := join(t, s)
	var pe *task.PanicError
	if !errors.As(err, &pe) || pe.Value != cause || !errors.Is(err, cause) {
		t.Fatalf("have %v, want a panic of the cause", err)
	}
	if !strings.Contains(string(pe.Stack), "panicsHere") {
		t.Errorf("the stack does not name the function that panicked:\n%s", pe.Stack)
	}
	if have := err.Error(); have != "task panicked: cause" {
		t.Errorf("have %q", have)
	}
	if s.State() != task.Completed {
		t.Errorf("have %v, want completed", s.State())
	}
	if v, err := join(t, other); v != 7 || err != nil {
		t.Errorf("the next task: have %d, %v, want 7", v, err)
	}
}

func panicsHere(v any) { panic(v) }

func TestPanicInDropIsContained(t *testing.T) {
	bang := func(*probe) { panic("bang") }
	for name, give := range map[string]func(h *coretest.Host, s *task.Slot[int]){
		"abort": func(h *coretest.Host, s *task.Slot[int]) { s.Abort(); h.Run() },
		"close": func(h *coretest.Host, _ *task.Slot[int]) { h.Close() },
	} {
		h := newHost(t)
		p := &probe{onPoll: pending, onDrop: bang}
		s, other := spawn(t, h, p), spawn(t, h, &probe{onPoll: pending})
		h.Run()
		give(h, s)
		p.settled(t)
		var pe *task.PanicError
		if _, err := join(t, s); !errors.As(err, &pe) || pe.Value != "bang" {
			t.Errorf("%s: have %v, want the panic", name, err)
		}
		if s.State() != task.Cancelled {
			t.Errorf("%s: have %v, want cancelled", name, s.State())
		}
		if name == "close" != other.Finished() {
			t.Errorf("%s: the other task: finished %t", name, other.Finished())
		}
	}
}

// TestPanicErrorPassedOnIsNotChanged: a joiner that panics with the error of a task keeps the stack
// of the first panic, and does not modify the error of the other task.
func TestPanicErrorPassedOnIsNotChanged(t *testing.T) {
	h := newHost(t)
	first := task.NewPanicError("first")
	s := spawn(t, h, &probe{
		onPoll: func(*probe, *core.Context) (int, bool) { panic(first) },
		onDrop: func(*probe) { panic("bang") },
	})
	h.Run()
	_, err := join(t, s)
	var pe *task.PanicError
	if !errors.As(err, &pe) || pe.Value != "first" || pe.InDrop == nil {
		t.Errorf("have %v, want the first panic with the one in Drop", err)
	}
	if first.InDrop != nil {
		t.Error("the error that was passed on has been changed")
	}
}

// TestRunOfATaskThatIsNotScheduledIsTheHostsPanic: it is not recovered as a panic of the task, which
// may run on another worker.
func TestRunOfATaskThatIsNotScheduledIsTheHostsPanic(t *testing.T) {
	h := newHost(t)
	p := &probe{onPoll: pending}
	s := spawn(t, h, p)
	h.Run()
	defer func() {
		v := recover()
		if v == nil {
			t.Fatal("no panic")
		}
		defer func() {
			if again := recover(); again != v {
				t.Errorf("Panicked: have %v, want the panic to go on", again)
			}
			if p.drops != 0 || s.State() != task.Idle {
				t.Errorf("the task was touched: %v", s.State())
			}
		}()
		s.ForHost().Panicked(h.Context(), v, nil)
	}()
	s.ForHost().Run(h.Context())
}

func TestGoexitInAPollEndsTheTask(t *testing.T) {
	h := newHost(t)
	p := &probe{onPoll: func(*probe, *core.Context) (int, bool) { goexit(); return 0, true }}
	s := spawn(t, h, p)
	elsewhere(func() {
		defer func() {
			if out := s.ForHost().Exited(h.Context()); out != core.Done {
				t.Errorf("have %v, want Done", out)
			}
		}()
		s.ForHost().Run(h.Context())
	})
	p.settled(t)
	if _, err := join(t, s); err != core.ErrGoexit {
		t.Errorf("have %v, want ErrGoexit", err)
	}
}

// Regression: a task whose Drop exited the goroutine after a panic or a Goexit of its poll never ended,
// and was dropped again when the host closed.
func TestGoexitInDropAfterAPollThatFailedEndsTheTask(t *testing.T) {
	for name, fail := range map[string]func(h *coretest.Host, s *task.Slot[int]){
		"panic":  func(h *coretest.Host, s *task.Slot[int]) { s.ForHost().Panicked(h.Context(), "boom", nil) },
		"Goexit": func(h *coretest.Host, s *task.Slot[int]) { s.ForHost().Exited(h.Context()) },
	} {
		h := newHost(t)
		p := &probe{
			onPoll: func(*probe, *core.Context) (int, bool) { goexit(); return 0, true },
			onDrop: func(*probe) { goexit() },
		}
		s := spawn(t, h, p)
		elsewhere(func() {
			defer fail(h, s)
			s.ForHost().Run(h.Context())
		})
		p.settled(t)
		_, err := join(t, s)
		var pe *task.PanicError
		if name == "panic" && (!errors.As(err, &pe) || pe.Value != "boom" || pe.InDrop != core.ErrGoexit) ||
			name == "Goexit" && err != core.ErrGoexit {
			t.Errorf("%s: have %v", name, err)
		}
		if s.State() != task.Completed {
			t.Errorf("%s: have %v, want completed", name, s.State())
		}
	}
}
