package executor_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// joinPanicked waits for h, which must have panicked, and returns the panic.
func joinPanicked[T any](t *testing.T, h joinhandle.JoinHandle[T]) *task.PanicError {
	t.Helper()
	_, err := join(t, h)
	var je *joinhandle.JoinError
	if !errors.As(err, &je) || !je.Panicked() || je.Cancelled() || je.ID != h.ID() {
		t.Fatalf("the join returned %v, want a panic", err)
	}
	p, _ := je.Panic()
	return p
}

// onFirstPoll is a future that does f in its first poll and is pending after it.
func onFirstPoll(f func()) core.Future[int] {
	polled := false
	return future.Func(func(*core.Context) (int, bool) {
		if !polled {
			polled = true
			f()
		}
		return 0, false
	})
}

// Regression: a panic was never caught; it took the worker along, and the join hung.
func TestPanicEndsTheTaskOnly(t *testing.T) {
	var reports atomic.Int64
	rt := startRuntime(t, executor.Options{OnPanic: func(i executor.TaskInfo, p *task.PanicError) {
		if i.ID == 0 || p.Value != "boom" {
			t.Errorf("OnPanic was told of %v, %v", i, p)
		}
		reports.Add(1)
	}})
	bystander := &gate{}
	h := executor.Spawn[int](rt, bystander)
	tests := map[string]func() joinhandle.JoinHandle[int]{
		"in poll style": func() joinhandle.JoinHandle[int] { return executor.Spawn(rt, onFirstPoll(explode)) },
		"in direct style": func() joinhandle.JoinHandle[int] {
			return executor.Go(rt, func(*coro.Co) (int, error) { explode(); return 0, nil })
		},
		"in direct style, after an await": func() joinhandle.JoinHandle[int] {
			return executor.Go(rt, func(co *coro.Co) (int, error) { co.Yield(); explode(); return 0, nil })
		},
		"in Drop": func() joinhandle.JoinHandle[int] {
			g := &gate{inDrop: explode}
			h := executor.Spawn[int](rt, g)
			g.polled(t, 1)
			h.Abort()
			return h
		},
		"while a direct-style task unwinds": func() joinhandle.JoinHandle[int] {
			g := &gate{}
			h := executor.Go(rt, func(co *coro.Co) (int, error) {
				defer explode()
				return coro.Await[int](co, g)
			})
			g.polled(t, 1)
			h.Abort()
			return h
		},
	}
	want := int64(0)
	for name, start := range tests {
		t.Run(name, func(t *testing.T) {
			h := start()
			wantExplosion(t, joinPanicked(t, h))
			if want++; reports.Load() != want {
				t.Errorf("OnPanic was called %d times, want %d", reports.Load(), want)
			}
			alive(t, rt)
		})
	}
	bystander.Open()
	joinOK(t, h)
	if s := rt.Stats(); s.Panicked != uint64(want) {
		t.Errorf("%d panics are counted, want %d", s.Panicked, want)
	}
}

// poisoned panics in its poll, and again when it is dropped for that.
type poisoned struct{ drops int }

func (*poisoned) Poll(*core.Context) (int, bool) { panic("boom") }

func (p *poisoned) Drop() {
	p.drops++
	panic("and again")
}

func TestPanicInPollAndInDropAreBothReported(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	f := &poisoned{}
	p := joinPanicked(t, executor.Spawn[int](rt, f))
	if p.Value != "boom" || p.InDrop == nil || !strings.Contains(p.InDrop.Error(), "and again") || f.drops != 1 {
		t.Fatalf("the panic is %v, in Drop %v; drops: %d", p, p.InDrop, f.drops)
	}
	alive(t, rt)
}

func TestPanicInTheWakerOfAJoinerIsContained(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	for _, end := range []string{"returns", "is aborted", "is closed with the runtime"} {
		t.Run(end, func(t *testing.T) {
			g := &gate{}
			slot := task.New[int](g)
			slot.Watch(core.WakerFunc(explode))
			if err := rt.Spawn(&slot.Task); err != nil {
				t.Fatal(err)
			}
			g.polled(t, 1)
			switch end {
			case "returns":
				g.Open()
			case "is aborted":
				slot.Abort()
			default:
				closeRuntime(t, rt)
			}
			eventually(t, "the task ends", slot.Finished)
			if end != "is closed with the runtime" {
				alive(t, rt)
			}
		})
	}
}

// The ways in which a task can call runtime.Goexit, which is what t.FailNow does.
var exits = map[string]func(rt *executor.Runtime) joinhandle.JoinHandle[int]{
	"in poll style": func(rt *executor.Runtime) joinhandle.JoinHandle[int] {
		return executor.Spawn(rt, onFirstPoll(runtime.Goexit))
	},
	"in direct style": func(rt *executor.Runtime) joinhandle.JoinHandle[int] {
		return executor.Go(rt, func(*coro.Co) (int, error) { runtime.Goexit(); return 0, nil })
	},
	"in direct style, after an await": func(rt *executor.Runtime) joinhandle.JoinHandle[int] {
		return executor.Go(rt, func(co *coro.Co) (int, error) { co.Yield(); runtime.Goexit(); return 0, nil })
	},
	"in a deferred function, during a panic": func(rt *executor.Runtime) joinhandle.JoinHandle[int] {
		return executor.Spawn(rt, onFirstPoll(func() {
			defer runtime.Goexit()
			explode()
		}))
	},
}

func TestGoexitEndsTheTaskOnly(t *testing.T) {
	for name, start := range exits {
		t.Run(name, func(t *testing.T) {
			rt := startRuntime(t, executor.Options{})
			for range 100 {
				h := start(rt)
				if _, err := join(t, h); !errors.Is(err, core.ErrGoexit) || errors.Is(err, core.ErrCancelled) {
					t.Fatalf("the join returned %v", err)
				}
			}
			alive(t, rt)
		})
	}
}

// Such a Goexit cannot be told by recover: it returns the panic's value, and goes on afterwards.
func TestGoexitWithAPanicInADeferredFunctionEndsTheTaskOnly(t *testing.T) {
	exit := func() {
		defer explode()
		runtime.Goexit()
	}
	starts := map[string]func(rt *executor.Runtime) joinhandle.JoinHandle[int]{
		"in poll style": func(rt *executor.Runtime) joinhandle.JoinHandle[int] {
			return executor.Spawn(rt, onFirstPoll(exit))
		},
		"in direct style": func(rt *executor.Runtime) joinhandle.JoinHandle[int] {
			return executor.Go(rt, func(*coro.Co) (int, error) { exit(); return 0, nil })
		},
	}
	for name, start := range starts {
		t.Run(name, func(t *testing.T) {
			rt := startRuntime(t, executor.Options{})
			for range 10 {
				wantExplosion(t, joinPanicked(t, start(rt)))
				alive(t, rt)
			}
		})
	}
}

func TestGoexitInDrop(t *testing.T) {
	exits := map[string]func(){
		"by itself":                          runtime.Goexit,
		"and a panic in a deferred function": func() { defer explode(); runtime.Goexit() },
	}
	for name, exit := range exits {
		t.Run(name, func(t *testing.T) {
			rt := startRuntime(t, executor.Options{})
			aborted, left, last := &gate{inDrop: exit}, &gate{inDrop: exit}, &gate{}
			h := executor.Spawn[int](rt, aborted)
			aborted.polled(t, 1)
			h.Abort()
			receive(t, "the join of the aborted task", h.Done())
			alive(t, rt)
			h = executor.Spawn[int](rt, left)
			h2 := executor.Spawn[int](rt, last)
			last.polled(t, 1)
			closeRuntime(t, rt)
			receive(t, "the join of the task that was left", h.Done())
			joinCancelled(t, h2)
			for _, g := range []*gate{aborted, left, last} {
				g.droppedOnce(t)
			}
		})
	}
}

// A doomed future does something in its poll that ends the task, and something when it is dropped for that.
type doomed struct {
	poll, drop func()
	drops      atomic.Int64
}

func (d *doomed) Poll(*core.Context) (int, bool) {
	d.poll()
	return 0, false
}

func (d *doomed) Drop() {
	d.drops.Add(1)
	d.drop()
}

// Regression: the task never ended, and Close dropped its future once more.
func TestGoexitInDropAfterAPollThatFailed(t *testing.T) {
	for name, fail := range map[string]func(){"panic": explode, "Goexit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			rt := startRuntime(t, executor.Options{})
			var all []*doomed
			for range 10 {
				f := &doomed{poll: fail, drop: runtime.Goexit}
				all = append(all, f)
				h := executor.Spawn[int](rt, f)
				if name == "Goexit" {
					if _, err := join(t, h); !errors.Is(err, core.ErrGoexit) {
						t.Fatalf("the join returned %v", err)
					}
				} else if p := joinPanicked(t, h); p.Value != "boom" || p.InDrop != core.ErrGoexit {
					t.Fatalf("the panic is %v, in Drop %v", p, p.InDrop)
				}
				alive(t, rt)
			}
			eventually(t, "no task is left", func() bool { return rt.Stats().Live == 0 })
			closeRuntime(t, rt)
			for _, f := range all {
				if n := f.drops.Load(); n != 1 {
					t.Errorf("the future was dropped %d times", n)
				}
			}
			if s := rt.Stats(); s.Spawned != s.Completed || s.Cancelled != 0 {
				t.Errorf("the statistics after the end are %+v", s)
			}
		})
	}
}

// child runs the child with this name in a process of its own and returns what it wrote.
func child(t *testing.T, name string) (stderr string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*testTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+name)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func init() {
	propagate := func(start func(s core.Spawner)) {
		rt, err := executor.New(executor.Options{Panics: executor.Propagate})
		if err != nil {
			panic(err)
		}
		start(executor.Named(rt, "culprit"))
		<-rt.Done() // never
	}
	children["propagate in poll style"] = func() {
		propagate(func(s core.Spawner) { executor.Spawn(s, onFirstPoll(explode)) })
	}
	children["propagate in direct style"] = func() {
		propagate(func(s core.Spawner) { executor.Go(s, func(*coro.Co) (int, error) { explode(); return 0, nil }) })
	}
}

func TestPropagatedPanicEndsTheProcess(t *testing.T) {
	for _, name := range []string{"propagate in poll style", "propagate in direct style"} {
		t.Run(name, func(t *testing.T) {
			out, err := child(t, name)
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != 2 {
				t.Errorf("the process ended with %v, want exit code 2", err)
			}
			for _, want := range []string{`panic: `, `executor: task \d+ \(culprit\): task panicked: boom`, `executor_test\.explode`} {
				if !regexp.MustCompile(want).MatchString(out) {
					t.Errorf("what it wrote has no %q:\n%s", want, out)
				}
			}
		})
	}
}
