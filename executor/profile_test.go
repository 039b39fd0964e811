package executor_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// labelled reports whether the goroutine has these labels, and no others.
func labelled(have, task string, worker int, more string) bool {
	want := fmt.Sprintf(`{%s"task":%q, "worker":"moduvex/%d"}`, more, task, worker)
	return have == want
}

func TestAPollHasTheLabelsOfItsTask(t *testing.T) {
	rt := startRuntime(t, executor.Options{Profile: true})
	ask := func(*coro.Co) (string, error) { return labelsHere(), nil }
	askPolled := func() core.Future[string] {
		return future.Func(func(*core.Context) (string, bool) { return labelsHere(), true })
	}
	for i := range rt.Workers() {
		for range 2 { // the labels of one go to no other
			for name, have := range map[string]string{
				"a body":   joinOK(t, executor.Go(executor.Named(rt.On(i), "a body"), ask)),
				"a future": joinOK(t, executor.Spawn(executor.Named(rt.On(i), "a future"), askPolled())),
			} {
				if !labelled(have, name, i, "") {
					t.Errorf("%s on worker %d has %s", name, i, have)
				}
			}
			own := joinOK(t, executor.Go(rt.On(i), ask))
			if name := "github.com/moduvex/moduvex-go/executor_test.TestAPollHasTheLabelsOfItsTask.func1"; !labelled(own, name, i, "") {
				t.Errorf("a function without a name has %s", own)
			}
			own = joinOK(t, executor.SpawnValue[string](rt.On(i), asking{}))
			if !labelled(own, "*executor_test.asking", i, "") {
				t.Errorf("a future without a name has %s", own)
			}
		}
	}
}

type asking struct{}

func (*asking) Poll(*core.Context) (string, bool) { return labelsHere(), true }

func TestAFunctionOnThePoolHasTheLabelOfItsTask(t *testing.T) {
	rt := startRuntime(t, executor.Options{Profile: true})
	for _, name := range []string{"one", "two", "one"} { // on the same goroutine
		have := joinOK(t, executor.Go(executor.Named(rt, name), func(co *coro.Co) (string, error) {
			return executor.Blocking(co, func() (string, error) { return labelsHere(), nil })
		}))
		if want := fmt.Sprintf(`{"task":%q, "worker":"moduvex/blocking"}`, name); have != want {
			t.Errorf("have %s, want %s", have, want)
		}
	}
}

// Regression: coroutines and goroutines of the pool kept the labels of their last task, so a profile of the goroutines showed
// tasks that had ended.
func TestIdleGoroutinesHaveTheLabelsOfNoTask(t *testing.T) {
	rt := startRuntime(t, executor.Options{Profile: true})
	for name, body := range map[string]func(co *coro.Co) (int, error){
		"a value":  func(*coro.Co) (int, error) { mark(); return 0, nil },
		"an await": func(co *coro.Co) (int, error) { mark(); return 0, co.Yield() },
		"a panic":  func(*coro.Co) (int, error) { mark(); panic("boom") },
		"Goexit":   func(*coro.Co) (int, error) { mark(); runtime.Goexit(); return 0, nil },
		"a function on the pool": func(co *coro.Co) (int, error) {
			return executor.Blocking(co, func() (int, error) { mark(); return 0, nil })
		},
		"a panic on the pool": func(co *coro.Co) (int, error) {
			return executor.Blocking(co, func() (int, error) { mark(); panic("boom") })
		},
		"poll style": func(co *coro.Co) (int, error) { return executor.Spawn[int](co, marker{}).Join(co) },
	} {
		for i := range rt.Workers() {
			executor.Go(executor.Named(rt.On(i), "gone"), body).Wait(within(t))
		}
		labels := ""
		eventually(t, "the goroutines lose the labels of "+name, func() bool {
			labels = allLabels(t)
			return !strings.Contains(labels, "gone") && !strings.Contains(labels, "request")
		})
	}
}

// allLabels returns the labels of all goroutines.
func allLabels(t *testing.T) (labels string) {
	t.Helper()
	var profile bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(profile.String()) {
		if strings.HasPrefix(line, "# labels: ") {
			labels += line
		}
	}
	return labels
}

// A profile is a message of protocol buffers, whose texts have to be UTF-8.
func TestLabelsAreUTF8(t *testing.T) {
	rt := startRuntime(t, executor.Options{Profile: true, Name: "a\xffb\n\""})
	ask := func(*coro.Co) (string, error) { return labelsHere(), nil }
	for name, shown := range map[string]string{"x\xfe": "x_", "\xc3": "_", "a\nb\x00": "a\nb\x00"} {
		have := joinOK(t, executor.Go(executor.Named(rt.On(0), name), ask))
		if want := fmt.Sprintf(`{"task":%q, "worker":%q}`, shown, "a_b\n\"/0"); have != want {
			t.Errorf("have %s, want %s", have, want)
		}
		have = joinOK(t, executor.Go(executor.Named(rt, name), func(co *coro.Co) (string, error) {
			return executor.Blocking(co, func() (string, error) { return labelsHere(), nil })
		}))
		if want := fmt.Sprintf(`{"task":%q, "worker":%q}`, shown, "a_b\n\"/blocking"); have != want {
			t.Errorf("have %s, want %s", have, want)
		}
	}
}

func TestATaskThatAFunctionOnThePoolSpawnsHasItsOwnLabels(t *testing.T) {
	rt := startRuntime(t, executor.Options{Profile: true})
	var before, after string
	child := joinOK(t, executor.Go(executor.Named(rt, "parent"), func(co *coro.Co) (string, error) {
		return executor.Blocking(co, func() (string, error) {
			before = labelsHere()
			labels, err := executor.Go(executor.Named(rt.On(0), "child"), func(co *coro.Co) (string, error) {
				return labelsHere(), co.Yield()
			}).Wait(context.Background())
			after = labelsHere()
			return labels, err
		})
	}))
	if !labelled(child, "child", 0, "") {
		t.Errorf("the child has %s", child)
	}
	if want := `{"task":"parent", "worker":"moduvex/blocking"}`; before != want || after != want {
		t.Errorf("the function has %s and then %s, want %s", before, after, want)
	}
}

// Bodies hand the worker on to each other, and each has its own labels after an await, too.
func TestTheLabelsOfBodiesAreTheirOwnAfterEachAwait(t *testing.T) {
	rt := startRuntime(t, executor.Options{Profile: true})
	const bodies, awaits = 5, 4
	for i := range rt.Workers() {
		var handles []joinhandle.JoinHandle[int]
		for b := range bodies {
			name := fmt.Sprint("body ", b)
			handles = append(handles, executor.Go(executor.Named(rt.On(i), name), func(co *coro.Co) (int, error) {
				for range awaits {
					if have := labelsHere(); !labelled(have, name, i, "") {
						t.Errorf("%s on worker %d has %s", name, i, have)
					}
					if err := co.Yield(); err != nil {
						return 0, err
					}
				}
				return 0, nil
			}))
		}
		for _, h := range handles { // before the next worker: labelsHere is for one goroutine at a time
			joinOK(t, h)
		}
	}
	eventually(t, "the polls are counted", func() bool { return rt.Stats().HandedOn != 0 })
}

func TestALabelOfABodyStaysUntilItsEndWhereTasksStay(t *testing.T) {
	tasksStay(t)
	rt := startRuntime(t, executor.Options{Profile: true})
	for range 2 {
		have := joinOK(t, executor.Go(rt, func(co *coro.Co) (string, error) {
			mark()
			err := co.Yield()
			return labelsHere(), err
		}))
		if have != `{"request":"7"}` {
			t.Errorf("have %s", have)
		}
	}
}

// A body that moves has the label of each worker, and keeps those of WithLabels.
func TestTheLabelsMoveWithABody(t *testing.T) {
	rt := tasksMove(t, executor.Options{Profile: true})
	const rounds = 4
	g := &gate{}
	f := &tracked{Future: g}
	workers := map[int]bool{}
	check := func(co *coro.Co, more string) {
		id, _ := executor.WorkerID(co)
		workers[id] = true
		if have := labelsHere(); !labelled(have, "mover", id, more) {
			t.Errorf("on worker %d it has %s, want also %s", id, have, more)
		}
	}
	move := func(co *coro.Co) error {
		_, err := coro.Await[int](co, f)
		g.mu.Lock()
		defer g.mu.Unlock()
		g.open = false
		return err
	}
	h := executor.Go(executor.Named(rt, "mover"), func(co *coro.Co) (int, error) {
		for range rounds / 2 {
			if err := move(co); err != nil {
				return 0, err
			}
			check(co, "")
			err := executor.WithLabels(co, pprof.Labels("request", "0"), func(co *coro.Co) error {
				return executor.WithLabels(co, pprof.Labels("request", "7"), func(co *coro.Co) error {
					check(co, `"request":"7", `)
					err := move(co)
					check(co, `"request":"7", `)
					return err
				})
			})
			check(co, "")
			if err != nil {
				return 0, err
			}
		}
		return 0, nil
	})
	for round := range rounds {
		k := f.settles(t, rt)
		g.mu.Lock()
		g.open = true
		g.mu.Unlock()
		pull(t, rt, round%rt.Workers(), k)
	}
	joinOK(t, h)
	if len(workers) < 2 {
		t.Errorf("it was on the workers %v only", workers)
	}
}

func TestWithLabelsIsForItsBodyAlone(t *testing.T) {
	rt := startRuntime(t, executor.Options{}) // without a profile there are no names of tasks
	boom := errors.New("boom")
	var inside, after, child string
	_, err := executor.Go(rt, func(co *coro.Co) (int, error) {
		err := executor.WithLabels(co, pprof.Labels("request", "7"), func(co *coro.Co) error {
			if err := co.Yield(); err != nil {
				return err
			}
			inside = labelsHere()
			var err error
			child, err = executor.Go(co, func(*coro.Co) (string, error) { return labelsHere(), nil }).Join(co)
			if err != nil {
				return err
			}
			return boom
		})
		after = labelsHere()
		return 0, err
	}).Wait(context.Background())
	if !errors.Is(err, boom) {
		t.Errorf("have %v, want that of the body", err)
	}
	if ok, _ := regexp.MatchString(`^{"request":"7", "worker":"moduvex/\d+"}$`, inside); !ok {
		t.Errorf("inside it has %s", inside)
	}
	if !ofWorker.MatchString(after) || !ofWorker.MatchString(child) {
		t.Errorf("after it %s, and the child %s", after, child)
	}
}

func TestWithLabelsEndsWithItsBodyHoweverThatEnds(t *testing.T) {
	rt := startRuntime(t, executor.Options{Profile: true})
	for name, end := range map[string]func(){"a panic": func() { panic("boom") }, "Goexit": runtime.Goexit} {
		var deferred string
		executor.Go(executor.Named(rt, "ender"), func(co *coro.Co) (int, error) {
			defer func() { deferred = labelsHere() }()
			return 0, executor.WithLabels(co, pprof.Labels("request", "7"), func(*coro.Co) error { end(); return nil })
		}).Wait(context.Background())
		if strings.Contains(deferred, "request") || !strings.Contains(deferred, "ender") {
			t.Errorf("%s: have %s", name, deferred)
		}
	}
	defer func() {
		if have := recover(); have != "executor: WithLabels with a nil body" {
			t.Errorf("have %v", have)
		}
	}()
	_ = executor.WithLabels(nil, pprof.Labels(), nil)
}

// Bodies that are suspended inside calls of WithLabels end with the runtime, which drops them on any worker, or with an abort.
func TestWithLabelsEndsWithItsTask(t *testing.T) {
	for _, opts := range []executor.Options{{}, {Profile: true}, {Profile: true, IdleCoroutines: -1}, {Profile: true, LockOSThread: true}} {
		rt := makeRuntime(t, opts)
		const bodies = 20
		var begun, outside atomic.Int32
		var handles []joinhandle.JoinHandle[int]
		for i := range bodies {
			handles = append(handles, executor.Go(executor.Named(rt, "gone"), func(co *coro.Co) (int, error) {
				defer func() {
					if have := labelsOneByOne(); strings.Contains(have, "request") || strings.Contains(have, "gone") != opts.Profile {
						t.Errorf("at its end a body has %s", have)
					}
					outside.Add(1)
				}()
				return 0, executor.WithLabels(co, pprof.Labels("request", "7"), func(co *coro.Co) error {
					return executor.WithLabels(co, pprof.Labels("request", fmt.Sprint(i)), func(co *coro.Co) error {
						begun.Add(1)
						return coro.Sleep(co, time.Hour)
					})
				})
			}))
		}
		eventually(t, "the bodies begin", func() bool { return begun.Load() == bodies })
		for _, h := range handles[:bodies/2] {
			h.Abort()
			joinCancelled(t, h)
		}
		closeRuntime(t, rt)
		if n := outside.Load(); n != bodies {
			t.Errorf("%d of %d bodies have ended", n, bodies)
		}
	}
}

// labelsOneByOne is labelsHere for goroutines that call it at the same time.
func labelsOneByOne() string {
	labelsLock.Lock()
	defer labelsLock.Unlock()
	return labelsHere()
}

var labelsLock sync.Mutex

// More names than a worker keeps labels for.
func TestMoreNamesThanAWorkerKeepsStillLabel(t *testing.T) {
	rt := startRuntime(t, executor.Options{Profile: true})
	joinOK(t, executor.Go(rt.On(0), func(co *coro.Co) (int, error) {
		for i := range 3000 {
			if _, err := executor.Go(executor.Named(co, fmt.Sprint("task ", i)), func(*coro.Co) (int, error) { return 0, nil }).Join(co); err != nil {
				return 0, err
			}
		}
		return 0, nil
	}))
	if have := joinOK(t, executor.Go(executor.Named(rt.On(0), "last"), func(*coro.Co) (string, error) { return labelsHere(), nil })); !labelled(have, "last", 0, "") {
		t.Errorf("have %s", have)
	}
}
