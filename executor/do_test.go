package executor_test

import (
	"context"
	"errors"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/joinhandle"
)

func TestDoReturnsTheErrorOfItsBody(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	for _, want := range []error{nil, errors.New("wrong")} {
		body := func(co *coro.Co) error {
			if err := co.Yield(); err != nil {
				return err
			}
			return want
		}
		if _, err := join(t, executor.Do(rt, body)); err != want {
			t.Errorf("Do: have %v, want %v", err, want)
		}
		c := &resource{}
		owner := func(co *coro.Co) error { c.Close(); return body(co) }
		if _, err := join(t, executor.DoOwning(rt, c, owner)); err != want || c.closed.Load() != 1 {
			t.Errorf("DoOwning: have %v and %d closes, want %v and 1", err, c.closed.Load(), want)
		}
		main := func(co *coro.Co) error { _, err := executor.Do(co, body).Join(co); return err }
		if err := executor.Main(t.Context(), modetest.Options(executor.Options{}), main); err != want {
			t.Errorf("Main: have %v, want %v", err, want)
		}
	}
}

func TestDoOnARuntimeThatHasEnded(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	if err := rt.Close(); err != nil {
		t.Fatal(err)
	}
	began := false
	body := func(*coro.Co) error { began = true; return nil }
	c := &resource{}
	for _, h := range []joinhandle.JoinHandle[struct{}]{executor.Do(rt, body), executor.DoOwning(rt, c, body)} {
		if _, err := h.Wait(context.Background()); !errors.Is(err, core.ErrShutdown) {
			t.Errorf("have %v, want ErrShutdown", err)
		}
	}
	if began || c.closed.Load() != 1 {
		t.Errorf("began %t, %d closes", began, c.closed.Load())
	}
}

func TestDoMisuse(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	body := func(*coro.Co) error { return nil }
	for want, f := range map[string]func(){
		"executor: Do of a nil body":       func() { executor.Do(rt, nil) },
		"executor: Do with a nil Spawner":  func() { executor.Do(nil, body) },
		"executor: DoOwning of a nil body": func() { executor.DoOwning(rt, &resource{}, nil) },
		"executor: Main with a nil body":   func() { executor.Main(t.Context(), executor.Options{}, nil) },
	} {
		if have := panicOf(f); have != want {
			t.Errorf("have %v, want %q", have, want)
		}
	}
}
