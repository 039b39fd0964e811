package task_test

import (
	"errors"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
)

// A host calls CleansUp of a task that spawns while it ends.
func TestCleansUpTellsCleanUpFromAPollThatHasNotHeardOfItsAbort(t *testing.T) {
	h := coretest.New(1)
	defer h.Close()
	var have []string
	note := func(where string, yes bool) {
		if yes {
			where += ": yes"
		}
		have = append(have, where)
	}
	p := &probe{}
	s := spawn(t, h, p)
	p.onPoll = func(*probe, *core.Context) (int, bool) {
		note("poll", s.CleansUp())
		s.Abort()
		note("aborted poll", s.CleansUp())
		return 0, false
	}
	p.onDrop = func(*probe) { note("drop", s.CleansUp()) }
	h.Run()
	direct := coro.New(func(co *coro.Co) (int, error) {
		task := co.Context().ForHost().Task()
		cleans := func() bool { return task.(interface{ CleansUp() bool }).CleansUp() }
		note("body", cleans())
		if err := co.Suspend(); err != nil {
			note("unwinding body", cleans())
			return 0, err
		}
		return 0, errors.New("it was not aborted")
	})
	early := coro.New(func(co *coro.Co) (int, error) {
		task := co.Context().ForHost().Task().(interface {
			Abort() bool
			CleansUp() bool
		})
		task.Abort()
		note("aborted body", task.CleansUp())
		err := co.Yield()
		note("told body", task.CleansUp())
		coro.Shield(co, (*coro.Co).Interrupted)
		note("told body after a shield", task.CleansUp())
		return 0, err
	})
	shielded := coro.New(func(co *coro.Co) (int, error) {
		task := co.Context().ForHost().Task().(interface {
			Abort() bool
			CleansUp() bool
		})
		return 0, coro.Shield(co, func(co *coro.Co) error {
			task.Abort()
			note("aborted in a shield", task.CleansUp())
			err := co.Yield()
			note("unwinding in a shield", task.CleansUp())
			return err
		})
	})
	h.Spawn(&direct.Task)
	h.Run()
	direct.Abort()
	h.Run()
	h.Spawn(&early.Task)
	h.Run()
	h.Spawn(&shielded.Task)
	h.Run()
	want := []string{"poll", "aborted poll", "drop: yes", "body", "unwinding body: yes",
		"aborted body", "told body: yes", "told body after a shield: yes",
		"aborted in a shield", "unwinding in a shield: yes"}
	if len(have) != len(want) {
		t.Fatalf("have %q, want %q", have, want)
	}
	for i := range want {
		if have[i] != want[i] {
			t.Errorf("have %q, want %q", have[i], want[i])
		}
	}
}
