package task_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/task"
)

func TestNamesOfStatesAndPolls(t *testing.T) {
	for s, want := range map[task.State]string{
		task.Idle: "idle", task.Scheduled: "scheduled", task.Running: "running",
		task.Completed: "completed", task.Cancelled: "cancelled", task.Cancelled + 1: "invalid",
	} {
		if have := s.String(); have != want {
			t.Errorf("state: have %q, want %q", have, want)
		}
	}
	for p, want := range map[task.Poll]string{
		task.Pending: "pending", task.Ready: "ready", task.Unwound: "unwound",
		task.Panicked: "panicked", task.Over + 1: "invalid",
	} {
		if have := p.String(); have != want {
			t.Errorf("poll: have %q, want %q", have, want)
		}
	}
}

func TestADescriptionIsTheNameOrWhatTheBodySays(t *testing.T) {
	f := func() *task.Task { return &task.New[int](ready{}).Task }
	plain, described, named := f(), f(), f()
	described.ForHost().Describe()
	described.ForHost().Describe()
	named.SetName("seven")
	named.ForHost().Describe()
	for task, want := range map[*task.Task]string{plain: "", described: "task_test.ready", named: "seven"} {
		if have := task.ForHost().Description(); have != want {
			t.Errorf("have %q, want %q", have, want)
		}
	}
	if _, timed := described.Times(); timed || described.ForHost().Timed() {
		t.Error("a description makes the task timed")
	}
}

type ready struct{}

func (ready) Poll(*core.Context) (int, bool) { return 7, true }
