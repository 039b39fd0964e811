package coro_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

func failsAtOnce(*coro.Co) error { return errors.New("failed") }

func TestNewDoIsNamedAfterItsBodyAndReturnsItsError(t *testing.T) {
	h := newHost(t)
	s := coro.NewDo[struct{}](failsAtOnce)
	s.ForHost().StartTiming(0, nil)
	if times, ok := s.Times(); !ok || !strings.HasSuffix(times.Body, "coro_test.failsAtOnce") {
		t.Errorf("the body is called %q", times.Body)
	}
	if err := h.Spawn(&s.Task); err != nil {
		t.Fatal(err)
	}
	h.Run()
	if _, err := take(t, s); err == nil || err.Error() != "failed" || s.State() != task.Completed {
		t.Errorf("have %v, %v", err, s.State())
	}
}

func TestNewDoOfANilBodyPanics(t *testing.T) {
	defer func() {
		if v := recover(); v != "coro: NewDo of a nil body" {
			t.Errorf("it panicked with %v", v)
		}
	}()
	coro.NewDo[int](nil)
}
