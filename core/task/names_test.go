package task_test

import (
	"testing"

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
