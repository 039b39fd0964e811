package coretest_test

import (
	"runtime"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
)

func newWorkers(t *testing.T, n int) *coretest.Workers {
	ws := coretest.NewWorkers(n)
	t.Cleanup(ws.Close)
	return ws
}

func TestWorkersRunTasksToTheirEnd(t *testing.T) {
	ws := newWorkers(t, 3)
	var slots []*task.Slot[int]
	for i := range 50 {
		s := coro.New(func(co *coro.Co) (int, error) {
			for range 10 {
				if err := co.Yield(); err != nil {
					return 0, err
				}
			}
			return i, nil
		})
		slots = append(slots, s)
		if err := ws.Spawn(&s.Task); err != nil {
			t.Fatal(err)
		}
	}
	ws.Wait()
	for i, s := range slots {
		if v, err, done := s.Take(); v != i || err != nil || !done {
			t.Errorf("task %d: have %d, %v, %t", i, v, err, done)
		}
	}
	if n := ws.Live(); n != 0 {
		t.Errorf("%d tasks are live, want none", n)
	}
}

func TestWorkersOutliveTasksThatPanicOrExit(t *testing.T) {
	ws := newWorkers(t, 1)
	ends := func(end func()) *task.Slot[int] {
		s := task.New(future.Func(func(*core.Context) (int, bool) { end(); return 0, true }))
		if err := ws.Spawn(&s.Task); err != nil {
			t.Fatal(err)
		}
		return s
	}
	panics, exits, after := ends(func() { panic("boom") }), ends(runtime.Goexit), ends(func() {})
	ws.Wait()
	if _, err, _ := panics.Take(); err == nil || err.Error() != "task panicked: boom" {
		t.Errorf("the panic: have %v", err)
	}
	if _, err, _ := exits.Take(); err != core.ErrGoexit {
		t.Errorf("the exit: have %v", err)
	}
	if _, err, done := after.Take(); err != nil || !done {
		t.Errorf("the task after them: have %v, %t", err, done)
	}
}

func TestCloseOfWorkersGivesUpWhatIsLeft(t *testing.T) {
	ws := newWorkers(t, 2)
	suspended := coro.New(func(co *coro.Co) (int, error) { return 0, co.Suspend() })
	pending := task.New(future.Pending[int]())
	ws.Spawn(&suspended.Task)
	ws.Spawn(&pending.Task)
	if n := ws.Live(); n != 2 {
		t.Errorf("%d tasks are live, want 2", n)
	}
	ws.Close()
	for name, s := range map[string]*task.Slot[int]{"suspended": suspended, "pending": pending} {
		if _, err, done := s.Take(); err != core.ErrShutdown || !done {
			t.Errorf("%s: have %v, %t, want ErrShutdown", name, err, done)
		}
	}
	late := task.New(future.Ready(1))
	if err := ws.Spawn(&late.Task); err != core.ErrShutdown {
		t.Errorf("a spawn after Close: have %v, want ErrShutdown", err)
	}
	pending.Wake() // nothing
	if n := ws.Live(); n != 0 {
		t.Errorf("%d tasks are live after Close, want none", n)
	}
}
