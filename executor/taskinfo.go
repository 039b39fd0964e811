package executor

import (
	"fmt"

	"github.com/moduvex/moduvex-go/core/task"
)

// A TaskInfo names a task.
type TaskInfo struct {
	ID   uint64 // from 1 on, different for each task of a runtime
	Name string // as given to Named, or ""
}

func infoOf(t *task.Task) TaskInfo { return TaskInfo{ID: t.ID(), Name: t.Name()} }

// String reads "task 7" or "task 7 (name)".
func (i TaskInfo) String() string {
	if i.Name == "" {
		return fmt.Sprintf("task %d", i.ID)
	}
	return fmt.Sprintf("task %d (%s)", i.ID, i.Name)
}

// attrs are the attributes that name a task.
func (i TaskInfo) attrs() []any {
	args := []any{"task", i.ID}
	if i.Name != "" {
		args = append(args, "name", i.Name)
	}
	return args
}
