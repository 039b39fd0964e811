package executor_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/internal/runq"
	"github.com/moduvex/moduvex-go/joinhandle"
	"github.com/moduvex/moduvex-go/reactor"
)

func TestWrongOptionsAreNamed(t *testing.T) {
	tests := []struct {
		option string
		opts   executor.Options
	}{
		{"Workers", executor.Options{Workers: -1}},
		{"Workers", executor.Options{Workers: runq.MaxStealing + 1, Scheduling: executor.WorkStealing}},
		{"Scheduling", executor.Options{Scheduling: 2}},
		{"Scheduling", executor.Options{Scheduling: -1}},
		{"LockOSThread", executor.Options{Scheduling: executor.WorkStealing, LockOSThread: true}},
		{"Affinity", executor.Options{Affinity: func(int) []int { return nil }}},
		{"Affinity", executor.Options{LockOSThread: true, Affinity: func(int) []int { return []int{-1} }}},
		{"SpinBeforePark", executor.Options{SpinBeforePark: 2 * time.Millisecond}},
		{"BlockingThreads", executor.Options{BlockingThreads: -1}},
		{"BlockingKeepAlive", executor.Options{BlockingKeepAlive: -time.Second}},
		{"Panics", executor.Options{Panics: 2}},
		{"Panics", executor.Options{Panics: -1}},
	}
	for _, tt := range tests {
		_, err := executor.New(tt.opts)
		var oe *executor.OptionError
		if !errors.As(err, &oe) || oe.Option != tt.option {
			t.Errorf("New(%+v) = %v, want an OptionError of %s", tt.opts, err, tt.option)
			continue
		}
		if text := err.Error(); !strings.Contains(text, tt.option) || !strings.Contains(text, fmt.Sprint(oe.Value)) || oe.Reason == "" {
			t.Errorf("the error of %s reads %q", tt.option, text)
		}
		_, err = executor.Run(context.Background(), tt.opts, func(*coro.Co) (int, error) { return 0, nil })
		if !errors.As(err, &oe) {
			t.Errorf("Run returned %v", err)
		}
	}
}

func TestNilArgumentsPanicAndAreNamed(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	ctx := context.Background()
	tests := map[string]struct {
		call func()
		want string
	}{
		"Spawn":         {func() { executor.Spawn[int](rt, nil) }, "nil Future"},
		"Go":            {func() { executor.Go[int](rt, nil) }, "nil body"},
		"BlockOn":       {func() { executor.BlockOn[int](ctx, rt, nil) }, "nil Future"},
		"Run":           {func() { executor.Run[int](ctx, executor.Options{}, nil) }, "nil body"},
		"SpawnBlocking": {func() { executor.SpawnBlocking[int](rt, nil) }, "nil function"},
		"Runtime.Spawn": {func() { rt.Spawn(nil) }, "not a *task.Task"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if text := fmt.Sprint(panicOf(tt.call)); !strings.Contains(text, tt.want) {
				t.Errorf("it panicked with %q, want something about a %s", text, tt.want)
			}
		})
	}
	t.Run("Blocking", func(t *testing.T) {
		_, err := join(t, executor.Go(rt, func(co *coro.Co) (int, error) { return executor.Blocking[int](co, nil) }))
		if err == nil || !strings.Contains(err.Error(), "nil function") {
			t.Errorf("the task ended with %v", err)
		}
	})
	alive(t, rt)
}

func TestBlockingOnAHostOfAnotherKindPanics(t *testing.T) {
	h := coretest.New(1)
	defer h.Close()
	handle := executor.Go(h, func(co *coro.Co) (int, error) {
		return executor.Blocking(co, func() (int, error) { return 0, nil })
	})
	h.Run()
	r, _ := handle.TryJoin()
	var je *joinhandle.JoinError
	if !errors.As(r.Err, &je) || !je.Panicked() || !strings.Contains(je.Error(), "Blocking outside a runtime") {
		t.Fatalf("the task ended with %v", r.Err)
	}
}

func TestJoinAndAbortTwice(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	g := &gate{}
	h := executor.Spawn[int](rt, g)
	if !h.Abort() || h.Abort() {
		t.Error("of two aborts not just the first took")
	}
	joinCancelled(t, h)
	if _, err := join(t, h); err != core.ErrAlreadyJoined {
		t.Errorf("the second join returned %v", err)
	}
	if h.Abort() {
		t.Error("an abort after the end took")
	}
	g.droppedOnce(t)
}

func TestAPollerFunctionThatReturnsNothingIsNamed(t *testing.T) {
	_, err := executor.New(executor.Options{Poller: func() (reactor.Poller, error) { return nil, nil }})
	var oe *executor.OptionError
	if !errors.As(err, &oe) || oe.Option != "Poller" {
		t.Errorf("New returned %v, want an OptionError about the Poller", err)
	}
}
