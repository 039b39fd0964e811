package executor_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
)

// A worker that a task has left by a panic, and that is to stop, is not in that poll any more while it waits for
// the others: the watchdog would report a poll that has ended.
func TestAWorkerThatStopsAfterAPanicSaysThatItPollsNothing(t *testing.T) {
	rt := startRuntime(t, modetest.Options(executor.Options{Workers: 2, OnPanic: func(executor.TaskInfo, *task.PanicError) {}}))
	held, release, begun := make(chan struct{}), make(chan struct{}), make(chan struct{})
	executor.Spawn(rt.On(1), onFirstPoll(func() { close(held); <-release }))
	executor.Spawn(rt.On(0), onFirstPoll(func() {
		close(begun)
		eventually(t, "the worker is to stop", func() bool { return executor.Stopping(rt, 0) })
		explode()
	}))
	receive(t, "the first polls", begun)
	receive(t, "the second polls", held)
	closed := make(chan struct{})
	go func() { defer close(closed); rt.Close() }()
	eventually(t, "the panic is over", func() bool { return rt.Stats().Panicked == 1 || !executor.Polling(rt, 0) })
	eventually(t, "the worker polls nothing", func() bool { return !executor.Polling(rt, 0) })
	if !executor.Polling(rt, 1) {
		t.Error("the other worker does not poll any more")
	}
	close(release)
	receive(t, "Close", closed)
}
