package joinhandle_test

import (
	"context"
	"runtime"
	"testing"
	"weak"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// A load must not stay in memory after its use.
type load struct{ _ [1 << 12]byte }

func collected(p weak.Pointer[load]) bool {
	for range 10 {
		if runtime.GC(); p.Value() == nil {
			return true
		}
	}
	return false
}

// A carrier is a future with a load, and is stored in its task.
type carrier struct {
	load *load
	ends bool
}

func (c *carrier) Poll(*core.Context) (*load, bool) { return c.load, c.ends }

// An AbortHandle is kept longer than the task, for example by a registry of tasks that may be aborted.
func TestAnAbortHandleKeepsNothingOfATaskThatHasEnded(t *testing.T) {
	for name, start := range map[string]func(h *coretest.Host, l *load) joinhandle.AbortHandle{
		"output": func(h *coretest.Host, l *load) joinhandle.AbortHandle {
			return spawn(h, future.Ready(l)).AbortHandle()
		},
		"output, with a handle made later": func(h *coretest.Host, l *load) joinhandle.AbortHandle {
			j := spawn(h, future.Ready(l))
			h.Run()
			return j.AbortHandle()
		},
		"future in the task": func(h *coretest.Host, l *load) joinhandle.AbortHandle {
			return joinhandle.Start(h, task.NewValue[*load](carrier{load: l, ends: true})).AbortHandle()
		},
		"aborted": func(h *coretest.Host, l *load) joinhandle.AbortHandle {
			a := joinhandle.Start(h, task.NewValue[*load](carrier{load: l})).AbortHandle()
			h.Run()
			if !a.Abort() || a.Abort() || a.Finished() {
				t.Error("the abort did not take, or took twice")
			}
			return a
		},
		"body": func(h *coretest.Host, l *load) joinhandle.AbortHandle {
			return spawnBody(h, func(*coro.Co) (*load, error) { return l, nil }).AbortHandle()
		},
		"refused": func(h *coretest.Host, l *load) joinhandle.AbortHandle {
			h.Close()
			return joinhandle.Start(h, task.NewValue[*load](carrier{load: l})).AbortHandle()
		},
		"joined of a set": func(h *coretest.Host, l *load) joinhandle.AbortHandle {
			set := joinhandle.NewJoinSet[*load](h)
			a := set.Spawn(&carrier{load: l, ends: true})
			h.Run()
			if j, ok := set.TryJoin(); !ok || j.Value != l || j.ID != a.ID() {
				t.Error("the set has no output")
			}
			return a
		},
		"lost by a set that was emptied": func(h *coretest.Host, l *load) joinhandle.AbortHandle {
			set := joinhandle.NewJoinSet[*load](h)
			a := set.Spawn(&carrier{load: l, ends: true})
			h.Run()
			set.DetachAll()
			return a
		},
		"lost by a set while it ran": func(h *coretest.Host, l *load) joinhandle.AbortHandle {
			set := joinhandle.NewJoinSet[*load](h)
			a := set.Spawn(&carrier{load: l, ends: true})
			set.DetachAll()
			return a
		},
		"another of its set": func(h *coretest.Host, l *load) joinhandle.AbortHandle {
			set := joinhandle.NewJoinSet[*load](h)
			a := set.Spawn(&carrier{ends: true})
			h.Run()
			set.TryJoin()
			set.Spawn(&carrier{load: l, ends: true})
			return a
		},
	} {
		h := newHost(t)
		l := new(load)
		gone := weak.Make(l)
		a := start(h, l)
		l = nil
		h.Run()
		if !collected(gone) {
			t.Errorf("%s: the handle keeps it", name)
		}
		if !a.Finished() || a.Abort() {
			t.Errorf("%s: finished %t, or it could be aborted", name, a.Finished())
		}
		runtime.KeepAlive(a)
	}
}

func TestAnAbortHandleKeepsATaskThatHasNotEnded(t *testing.T) {
	h := newHost(t)
	f := &hooked{}
	a := spawn(h, core.Future[int](f)).AbortHandle()
	h.Run()
	runtime.GC()
	if a.Finished() || !a.Abort() {
		t.Fatal("it cannot be aborted")
	}
	h.Run()
	if !a.Finished() {
		t.Error("it has not ended")
	}
}

// AbortHandle and Done of a running task are called again and again.
func TestATaskKeepsOneChannelAndOneAbortHandle(t *testing.T) {
	h := newHost(t)
	j := spawn(h, future.Pending[int]())
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	done, a := j.Done(), j.AbortHandle()
	if _, err := j.Wait(ctx); err != context.Canceled { // watches, and takes that back
		t.Fatal(err)
	}
	allocs(t, "Done and AbortHandle", 0, func() {
		if j.Done() != done || j.AbortHandle() != a {
			t.Fatal("there are two")
		}
	})
	a.Abort()
	h.Run()
	select {
	case <-done:
	default:
		t.Error("the channel is open after the end")
	}
	select {
	case <-j.Done():
	default:
		t.Error("the channel of a call of Done after the end is open")
	}
}
