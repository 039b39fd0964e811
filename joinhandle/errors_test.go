package joinhandle_test

import (
	"context"
	"errors"
	"io"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// ends are the ways in which a task ends without an output: each makes a task and ends it.
var ends = map[string]func(h *coretest.Host) joinhandle.JoinHandle[int]{
	"aborted": func(h *coretest.Host) joinhandle.JoinHandle[int] {
		j := spawn(h, future.Pending[int]())
		j.Abort()
		h.Run()
		return j
	},
	"aborted in direct style": func(h *coretest.Host) joinhandle.JoinHandle[int] {
		j := spawnBody(h, func(co *coro.Co) (int, error) { return 0, co.Suspend() })
		h.Run()
		j.Abort()
		h.Run()
		return j
	},
	"given up": func(h *coretest.Host) joinhandle.JoinHandle[int] {
		j := spawn(h, future.Pending[int]())
		h.Close()
		return j
	},
	"refused": func(h *coretest.Host) joinhandle.JoinHandle[int] {
		h.Close()
		return spawn(h, future.Ready(1))
	},
	"panic":             panics("x"),
	"panic of an error": panics(io.ErrUnexpectedEOF),
	"panic in Drop": func(h *coretest.Host) joinhandle.JoinHandle[int] {
		j := spawn(h, &hooked{onDrop: func() { panic("x") }})
		j.Abort()
		h.Run()
		return j
	},
	"Goexit": func(h *coretest.Host) joinhandle.JoinHandle[int] {
		j := spawnBody(h, func(*coro.Co) (int, error) { runtime.Goexit(); return 0, nil })
		h.Run()
		return j
	},
}

func panics(value any) func(h *coretest.Host) joinhandle.JoinHandle[int] {
	return func(h *coretest.Host) joinhandle.JoinHandle[int] {
		j := spawnBody(h, func(*coro.Co) (int, error) { panic(value) })
		h.Run()
		return j
	}
}

func TestWhatAJoinErrorSaysAndIs(t *testing.T) {
	const (
		cancelled = "task was cancelled"
		shutdown  = "core: runtime is shut down"
	)
	targets := []error{core.ErrCancelled, context.Canceled, core.ErrShutdown, core.ErrGoexit, io.ErrUnexpectedEOF}
	for name, want := range map[string]struct {
		text                string
		is                  []error // of the targets
		cancelled, panicked bool
	}{
		"aborted":                 {cancelled, targets[:2], true, false},
		"aborted in direct style": {cancelled, targets[:2], true, false},
		"given up":                {shutdown, targets[:3], true, false},
		"refused":                 {shutdown, targets[:3], true, false},
		"panic":                   {"task panicked: x", nil, false, true},
		"panic of an error":       {"task panicked: unexpected EOF", targets[4:], false, true},
		"panic in Drop":           {"task panicked: x", nil, false, true},
		"Goexit":                  {"core: task called runtime.Goexit", targets[3:4], false, false},
	} {
		t.Run(name, func(t *testing.T) {
			j := ends[name](newHost(t))
			v, err := joined(t, j)
			if v != 0 || err == nil {
				t.Fatalf("have %d, %v, want an error alone", v, err)
			}
			if err.Error() != want.text {
				t.Errorf("text %q, want %q", err, want.text)
			}
			for _, target := range targets {
				if errors.Is(err, target) != slices.Contains(want.is, target) {
					t.Errorf("errors.Is %v: %t", target, errors.Is(err, target))
				}
			}
			var je *joinhandle.JoinError
			if !errors.As(err, &je) {
				t.Fatalf("%T, want a JoinError", err)
			}
			if je.ID != j.ID() || je.Cancelled() != want.cancelled || je.Panicked() != want.panicked {
				t.Errorf("ID %d, cancelled %t, panicked %t", je.ID, je.Cancelled(), je.Panicked())
			}
			var pe *task.PanicError
			if errors.As(err, &pe) != want.panicked {
				t.Errorf("errors.As PanicError: %t, want %t", !want.panicked, want.panicked)
			}
			if p, ok := je.Panic(); p != pe || ok != want.panicked {
				t.Errorf("Panic returned %v, %t", p, ok)
			}
		})
	}
}

// Code that knows packages context and errors only.
func TestAJoinErrorIsNoDeadline(t *testing.T) {
	for name, end := range ends {
		if _, err := joined(t, end(newHost(t))); errors.Is(err, context.DeadlineExceeded) || errors.Is(err, core.ErrAlreadyJoined) {
			t.Errorf("%s: %v is a deadline or a second join", name, err)
		}
	}
}

// A task that its context has ended is cancelled. It is context.Canceled unless the context had a deadline that has passed.
func TestWhatTheJoinErrorOfATaskThatItsContextHasEndedIs(t *testing.T) {
	past, cancelPast := context.WithDeadline(context.Background(), time.Unix(1, 0))
	defer cancelPast()
	cancelled, cancel := context.WithCancelCause(context.Background())
	cancel(io.EOF)
	for text, test := range map[string]struct {
		ctx    context.Context
		is, no []error
	}{
		"task was cancelled: coro: the task's context is done: context deadline exceeded": {
			past, []error{context.DeadlineExceeded, core.ErrDeadlineExceeded}, []error{context.Canceled, io.EOF},
		},
		"task was cancelled: coro: the task's context is done: EOF": {
			cancelled, []error{context.Canceled, io.EOF}, []error{context.DeadlineExceeded, core.ErrDeadlineExceeded},
		},
	} {
		for name, body := range map[string]func(co *coro.Co) (int, error){
			"returns": func(co *coro.Co) (int, error) { return 1, co.Suspend() },
			"ignores": func(co *coro.Co) (int, error) {
				for {
					co.Suspend()
				}
			},
		} {
			h := newHost(t)
			j := joinhandle.Start(h, coro.NewWithContext(test.ctx, body))
			h.Run()
			v, err := joined(t, j)
			var je *joinhandle.JoinError
			if v != 0 || !errors.As(err, &je) || !je.Cancelled() || err.Error() != text {
				t.Errorf("%s: have %d, %v, want %s", name, v, err, text)
			}
			for _, target := range append(test.is, core.ErrCancelled) {
				if !errors.Is(err, target) {
					t.Errorf("%s: %v is not %v", name, err, target)
				}
			}
			for _, target := range test.no {
				if errors.Is(err, target) {
					t.Errorf("%s: %v is %v", name, err, target)
				}
			}
		}
	}
}
