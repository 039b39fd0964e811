package executor_test

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/core/timer"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// statusOf returns the status of the task with this number, which must be alive.
func statusOf(t testing.TB, rt *executor.Runtime, id uint64) executor.TaskStatus {
	t.Helper()
	for _, s := range rt.Tasks() {
		if s.ID == id {
			return s
		}
	}
	t.Fatalf("task %d is not among those that are alive", id)
	return executor.TaskStatus{}
}

// unit is a future of an int around one without a value.
func unit[T any](f core.Future[T]) core.Future[int] {
	return future.Map(f, func(T) int { return 0 })
}

func TestDumpSaysWhatTasksWaitFor(t *testing.T) {
	realPoller(t)
	rt := startRuntime(t, executor.Options{Instrument: true})
	never := executor.Spawn[int](rt, &gate{})
	l, err := tcp.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	release := make(chan struct{})
	defer close(release)
	block := func() (int, error) { <-release; return 0, nil }
	accept := future.Func(func(cx *core.Context) (int, bool) {
		_, ready, err := l.PollAccept(cx)
		return 0, ready || err != nil
	})
	tests := []struct {
		name, want string
		start      func(s core.Spawner) joinhandle.JoinHandle[int]
	}{
		{"a sleep", "time", func(s core.Spawner) joinhandle.JoinHandle[int] {
			return executor.Go(s, func(co *coro.Co) (int, error) { return 0, coro.Sleep(co, time.Hour) })
		}},
		{"a sleep in poll style", "time", func(s core.Spawner) joinhandle.JoinHandle[int] {
			return executor.Spawn(s, unit(timer.Sleep(time.Hour)))
		}},
		{"a join", "join", func(s core.Spawner) joinhandle.JoinHandle[int] {
			return executor.Go(s, func(co *coro.Co) (int, error) { return never.Join(co) })
		}},
		{"a join in poll style", "join", func(s core.Spawner) joinhandle.JoinHandle[int] {
			return executor.Spawn(s, unit(never))
		}},
		{"a join with a deadline", "time|join", func(s core.Spawner) joinhandle.JoinHandle[int] {
			return executor.Spawn(s, unit(timer.Timeout(time.Hour, unit(never))))
		}},
		{"an accept", "read", func(s core.Spawner) joinhandle.JoinHandle[int] {
			return executor.Go(s, func(co *coro.Co) (int, error) { _, err := l.Accept(co); return 0, err })
		}},
		{"an accept in poll style", "read", func(s core.Spawner) joinhandle.JoinHandle[int] {
			return executor.Spawn(s, accept)
		}},
		{"a blocking function", "blocking", func(s core.Spawner) joinhandle.JoinHandle[int] {
			return executor.Go(s, func(co *coro.Co) (int, error) { return executor.Blocking(co, block) })
		}},
		{"something that nobody has told", "", func(s core.Spawner) joinhandle.JoinHandle[int] {
			return executor.Spawn[int](s, &gate{})
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wakers := make(chan core.Waker, 1)
			h := tt.start(noting{rt.On(0), wakers})
			k := receive(t, "the task", wakers)
			waits := func(polls uint64) {
				eventually(t, "the task waits", func() bool {
					s := statusOf(t, rt, h.ID())
					return s.State == task.Idle && s.Polls == polls
				})
				if s := statusOf(t, rt, h.ID()); s.WaitsOn != tt.want {
					t.Errorf("after %d polls it waits on %q, want %q: %v", polls, s.WaitsOn, tt.want, s)
				}
			}
			waits(1)
			k.Wake() // for nothing: it goes on waiting
			waits(2)
			h.Abort()
			joinCancelled(t, h)
		})
	}
}

// A noting spawner notes the wakers of its tasks.
type noting struct {
	core.Spawner
	wakers chan<- core.Waker
}

func (n noting) Spawn(r core.Task) error {
	n.wakers <- r
	return n.Spawner.Spawn(r)
}

func TestDumpTellsTheStatesOfTasks(t *testing.T) {
	for _, instrument := range []bool{false, true} {
		t.Run(fmt.Sprint("instrument ", instrument), func(t *testing.T) {
			rt := startRuntime(t, executor.Options{Instrument: instrument, LongPollThreshold: -1})
			idle := executor.Spawn[int](executor.Named(rt.On(0), "idle"), &gate{})
			joinOK(t, executor.Spawn(rt.On(0), future.Ready(0)))
			polling, release := make(chan struct{}), make(chan struct{})
			running := executor.Spawn(executor.Named(rt.On(0), "running"), future.Func(func(*core.Context) (int, bool) {
				close(polling)
				<-release
				return 0, true
			}))
			receive(t, "the poll begins", polling)
			scheduled := executor.Spawn(executor.Named(rt.On(0), "scheduled"), future.Ready(0))
			aborted := executor.Spawn[int](executor.Named(rt.On(0), "aborted"), &gate{})
			aborted.Abort()
			running.Abort()
			tasks := rt.Tasks()
			close(release)
			joinOK(t, scheduled)

			if len(tasks) != 4 || !slices.IsSortedFunc(tasks, func(a, b executor.TaskStatus) int { return int(a.ID) - int(b.ID) }) {
				t.Fatalf("the tasks are %v", tasks)
			}
			for _, s := range tasks {
				want := map[string]executor.TaskStatus{
					"idle":      {TaskInfo: executor.TaskInfo{ID: idle.ID()}, State: task.Idle},
					"running":   {TaskInfo: executor.TaskInfo{ID: running.ID()}, State: task.Running, Aborting: true},
					"scheduled": {TaskInfo: executor.TaskInfo{ID: scheduled.ID()}, State: task.Scheduled},
					"aborted":   {TaskInfo: executor.TaskInfo{ID: aborted.ID()}, State: task.Scheduled, Aborting: true},
				}[s.Name]
				if s.ID != want.ID || s.State != want.State || s.Aborting != want.Aborting {
					t.Errorf("have %v, want task %d, %v, aborted: %t", s, want.ID, want.State, want.Aborting)
				}
				if known := s.Site != "" && s.Body != ""; known != instrument {
					t.Errorf("site %q, body %q", s.Site, s.Body)
				}
				line := []string{fmt.Sprintf("task %d (%s): %v", s.ID, s.Name, s.State)}
				if s.Aborting {
					line = append(line, ", aborted")
				}
				if instrument {
					line = append(line, "spawned at ", "dump_test.go:", "polls, busy ")
				}
				if text := s.String(); !contains(text, line...) {
					t.Errorf("its line is %q, want all of %q", text, line)
				}
			}
		})
	}
}

// The place of a spawn is the line of the program that spawns, whichever way it does.
func TestDumpNamesTheLineOfTheSpawn(t *testing.T) {
	rt := startRuntime(t, executor.Options{Instrument: true})
	end := make(chan struct{})
	body := func(co *coro.Co) (int, error) { return 0, coro.Sleep(co, time.Hour) }
	var handles []joinhandle.JoinHandle[int]
	line := func() int { _, _, n, _ := runtime.Caller(1); return n }
	check := func(name string, id uint64, line int) {
		t.Helper()
		s := statusOf(t, rt, id)
		if want := fmt.Sprintf("dump_test.go:%d)", line); !contains(filepath.ToSlash(s.Site), "executor_test.", want) {
			t.Errorf("%s: it was spawned at %s, want %s", name, s.Site, want)
		}
	}
	note := func(name string, h joinhandle.JoinHandle[int], line int) {
		t.Helper()
		handles = append(handles, h)
		check(name, h.ID(), line)
	}
	note("Spawn", executor.Spawn[int](rt, &gate{}), line())
	note("Go", executor.Go(rt, body), line())
	check("Do", executor.Do(rt, doesForEver).ID(), line())
	note("Spawn, On", executor.Spawn[int](rt.On(0), &gate{}), line())
	note("Go, On", executor.Go(rt.On(0), body), line())
	note("Named", executor.Go(executor.Named(rt, "x"), body), line())
	note("SpawnBlocking", executor.SpawnBlocking(rt, func() (int, error) { <-end; return 0, nil }), line())
	note("joinhandle.Start", joinhandle.Start(rt, coro.New(body)), line())
	for _, h := range executor.GoEach(rt, func(co *coro.Co, _ int) (int, error) { return body(co) }) {
		handles = append(handles, h)
		check("GoEach", h.ID(), line()-2)
	}
	slot := task.New[int](&gate{})
	if err := rt.Spawn(&slot.Task); err != nil {
		t.Fatal(err)
	}
	check("Runtime.Spawn", slot.ID(), line()-3)
	slot.Abort()
	inTask(t, rt, func(cx *core.Context) { note("in a task", executor.Spawn[int](cx, &gate{}), line()) })
	joinOK(t, executor.Go(rt, func(co *coro.Co) (int, error) {
		note("in a body", executor.Go(co, body), line())
		return 0, nil
	}))
	for _, h := range handles {
		h.Abort()
	}
	close(end)
	for _, h := range handles {
		receive(t, "a join", h.Done())
	}
}

func TestDumpNamesTheBody(t *testing.T) {
	rt := startRuntime(t, executor.Options{Instrument: true})
	poll := executor.Spawn[int](rt, &gate{})
	end := make(chan struct{})
	defer close(end)
	blocksForEver := func() (int, error) { <-end; return 0, nil }
	if s := statusOf(t, rt, poll.ID()); !contains(s.Body, "gate") {
		t.Errorf("the body is called %q", s.Body)
	}
	for call, h := range map[string]interface{ ID() uint64 }{
		"Go":            executor.Go(rt, sleepsForEver),
		"GoOwning":      executor.GoOwning(rt, io.NopCloser(nil), sleepsForEver),
		"Do":            executor.Do(rt, doesForEver),
		"DoOwning":      executor.DoOwning(rt, io.NopCloser(nil), doesForEver),
		"SpawnBlocking": executor.SpawnBlocking(rt, blocksForEver),
		"GoEach":        executor.GoEach(rt, sleepsOnEachForEver)[0],
	} {
		if s := statusOf(t, rt, h.ID()); !contains(s.Body, "executor_test.") {
			t.Errorf("the body of %s is called %q", call, s.Body)
		}
	}
}

// The tasks of Main and Run are those of the functions that they are given.
func TestDumpNamesTheBodyOfAProgram(t *testing.T) {
	opts := executor.Options{Workers: 1, Instrument: true}
	if err := executor.Main(context.Background(), opts, isCalledAProgram); err != nil {
		t.Error("Main:", err)
	}
	if _, err := executor.Run(context.Background(), opts, isCalledAProgramWithAValue); err != nil {
		t.Error("Run:", err)
	}
}

func isCalledAProgram(co *coro.Co) error {
	for _, s := range executor.RuntimeOf(co).Tasks() {
		if !contains(s.Body, "executor_test.isCalledAProgram") {
			return fmt.Errorf("the body is called %q", s.Body)
		}
	}
	return nil
}

func isCalledAProgramWithAValue(co *coro.Co) (int, error) { return 0, isCalledAProgram(co) }

func sleepsOnEachForEver(co *coro.Co, _ int) (int, error) { return sleepsForEver(co) }

func doesForEver(co *coro.Co) error { return coro.Sleep(co, 1<<62) }

func sleepsForEver(co *coro.Co) (int, error) { return 0, coro.Sleep(co, 1<<62) }

func TestDumpOfARuntimeThatHasEnded(t *testing.T) {
	rt := startRuntime(t, executor.Options{Instrument: true})
	executor.Spawn[int](rt, &gate{})
	rt.Shutdown(ended(context.Canceled))
	if tasks := rt.Tasks(); len(tasks) != 0 {
		t.Errorf("there are still %v", tasks)
	}
}
