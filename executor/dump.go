package executor

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/moduvex/moduvex-go/core/task"
)

// A TaskStatus describes a task at some instant. Body and the fields after it are zero unless Options.Instrument is set.
type TaskStatus struct {
	TaskInfo
	State task.State
	// Aborting says that the task has been aborted and has not ended yet.
	Aborting bool

	Body      string // the type of the future, or the name of the function
	Site      string // where it was spawned: function, file and line
	WaitsOn   string // what its last poll waits for: "time", "read", "join|time"; "" if that is not known
	Polls     uint64
	Busy      time.Duration // in polls
	Scheduled time.Duration // ready, but not being polled
	Idle      time.Duration // waiting
}

// Tasks returns the status of every task that has not ended, in the order of their numbers. It stops
// no worker, so tasks run on meanwhile. Any goroutine.
func (rt *Runtime) Tasks() []TaskStatus {
	rt.assertMade()
	var all []TaskStatus
	for _, t := range rt.liveTasks() {
		all = append(all, rt.statusOf(t))
	}
	return all
}

// liveTasks lists the tasks that have not ended, in the order of their numbers.
func (rt *Runtime) liveTasks() []*task.Task {
	var tasks []*task.Task
	for i := range rt.sets {
		tasks = append(tasks, rt.sets[i].Tasks()...)
	}
	tasks = slices.DeleteFunc(tasks, (*task.Task).Finished) // those that have not left their set yet
	slices.SortFunc(tasks, func(a, b *task.Task) int { return cmp.Compare(a.ID(), b.ID()) })
	return tasks
}

func (rt *Runtime) statusOf(t *task.Task) TaskStatus {
	s := TaskStatus{TaskInfo: infoOf(t), State: t.State(), Aborting: t.AbortRequested() && !t.Finished()}
	times, ok := t.Times()
	if !ok {
		return s
	}
	s.Body, s.Site, s.Polls = times.Body, siteOf(times.Site), times.Polls
	s.Busy, s.Scheduled, s.Idle = times.Busy, times.Scheduled, times.Idle
	since := max(rt.now()-times.Since, 0) // not counted yet: it is still in that state
	switch s.State {
	case task.Idle:
		s.Idle += since
		s.WaitsOn = times.Waits.String()
	case task.Scheduled:
		s.Scheduled += since
	case task.Running:
		s.Busy += since
	}
	return s
}

// String returns a line for a log.
func (s TaskStatus) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v: %v", s.TaskInfo, s.State)
	if s.Aborting {
		b.WriteString(", aborted")
	}
	if s.WaitsOn != "" {
		fmt.Fprintf(&b, ", waits on %s", s.WaitsOn)
	}
	if s.Body != "" {
		fmt.Fprintf(&b, ", %s, spawned at %s, %d polls, busy %v, scheduled %v, idle %v",
			s.Body, s.Site, s.Polls, s.Busy, s.Scheduled, s.Idle)
	}
	return b.String()
}

// siteDepth is how many callers of a spawn are kept: enough to reach the code outside of this package and joinhandle.
const siteDepth = 12

func spawnSite() []uintptr {
	var pcs [siteDepth]uintptr
	n := runtime.Callers(4, pcs[:]) // beyond describe and admit
	return slices.Clone(pcs[:n])
}

// siteOf returns the function, file and line of the first caller outside of the functions that spawn.
func siteOf(pcs []uintptr) string {
	frames := runtime.CallersFrames(pcs)
	for {
		f, more := frames.Next()
		if !spawns(f.Function) || !more {
			return fmt.Sprintf("%s (%s:%d)", f.Function, f.File, f.Line)
		}
	}
}

// modulePath is what the paths of all packages of this project begin with.
const modulePath = "github.com/moduvex/moduvex-go/"

// spawns reports whether a function is a part of spawning.
func spawns(function string) bool {
	rest, ok := strings.CutPrefix(function, modulePath)
	if !ok {
		return false
	}
	for _, p := range []string{"executor.", "joinhandle.", "core.", "core/coro."} {
		if strings.HasPrefix(rest, p) {
			return true
		}
	}
	return false
}
