package executor_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/executor"
)

// A count of the live tasks that finds none is void if a task has spawned meanwhile: it may have missed both.
func TestACountThatASpawnInterruptsDoesNotEndTheDrain(t *testing.T) {
	rt, err := executor.New(executor.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	settled(t, rt) // a worker that is about to sleep counts too
	parent, child := task.New[int](neverReady{}), task.New[int](neverReady{})
	if !executor.SpawnInside(rt, &parent.Task, 1) {
		t.Fatal("the parent was refused")
	}
	interrupted := executor.BeginDrainCount(rt)
	defer interrupted.Undo()
	if !executor.SpawnInside(rt, &child.Task, 2) {
		t.Fatal("the child was refused")
	}
	// The count reads 0 everywhere: in the child's set before the child came, in the parent's after it went.
	if !executor.EndInside(rt, &parent.Task) || !executor.EndInside(rt, &child.Task) {
		t.Fatal("the tasks were not live")
	}
	if interrupted.Finish() {
		t.Error("the drain has ended by a count that a spawn came into")
	}
	if !executor.BeginDrainCount(rt).Finish() {
		t.Error("the drain has not ended, though no task is left")
	}
}

type neverReady struct{}

func (neverReady) Poll(*core.Context) (int, bool) { return 0, false }
