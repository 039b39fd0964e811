package joinhandle_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/joinhandle"
)

func TestAbortOfAnIdleTaskResolvesItsJoinAfterTheDrop(t *testing.T) {
	for name, spawn := range map[string]func(s core.Spawner, note func(string)) joinhandle.JoinHandle[int]{
		"poll style": func(s core.Spawner, note func(string)) joinhandle.JoinHandle[int] {
			return spawn(s, &hooked{onDrop: func() { note("dropped") }})
		},
		"direct style": func(s core.Spawner, note func(string)) joinhandle.JoinHandle[int] {
			return spawnBody(s, func(co *coro.Co) (int, error) {
				defer note("dropped")
				defer coro.Shield(co, func(co *coro.Co) error { return coro.Sleep(co, time.Second) })
				return 0, co.Suspend()
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t)
			var j joinhandle.JoinHandle[int]
			var log []string
			note := func(s string) {
				log = append(log, s)
				if j.Finished() != (s == "joined") {
					t.Errorf("%s: finished %t", s, j.Finished())
				}
			}
			j = spawn(h, note)
			joiner := spawnBody(h, func(co *coro.Co) (int, error) {
				v, err := j.Join(co)
				note("joined")
				return v, err
			})
			done := j.Done()
			h.Run()
			if h.Queued() != 0 {
				t.Fatal("the task is not idle")
			}
			if !j.Abort() || j.Finished() || !isOpen(done) || len(log) > 0 {
				t.Errorf("after the abort: finished %t, log %q; it must be the worker that ends the task", j.Finished(), log)
			}
			h.Run()
			if !slices.Equal(log, []string{"dropped", "joined"}) {
				t.Errorf("log %q", log)
			}
			if isOpen(done) || h.Live() != 0 {
				t.Errorf("Done is open: %t; %d tasks live", isOpen(done), h.Live())
			}
			_, err := joined(t, joiner)
			wantCancelled(t, err)
		})
	}
}

func TestAbortOnHasTheEffectOfAbort(t *testing.T) {
	type aborts struct {
		name    string
		abortOn func(j joinhandle.JoinHandle[int], cx *core.Context) bool
	}
	for _, way := range []aborts{
		{"JoinHandle", func(j joinhandle.JoinHandle[int], cx *core.Context) bool { return j.AbortOn(cx) }},
		{"AbortHandle", func(j joinhandle.JoinHandle[int], cx *core.Context) bool { return j.AbortHandle().AbortOn(cx) }},
	} {
		t.Run(way.name, func(t *testing.T) {
			h := newHost(t)
			f := &hooked{}
			j := spawn(h, f)
			h.Run()
			aborter := spawnBody(h, func(co *coro.Co) (effects [2]bool, err error) {
				effects = [2]bool{way.abortOn(j, co.Context()), way.abortOn(j, co.Context())}
				if f.drops != 0 || j.Finished() {
					t.Error("the abort has ended the task itself")
				}
				return effects, nil
			})
			h.Run()
			if effects, _ := joined(t, aborter); effects != [2]bool{true, false} {
				t.Errorf("effects %v, want that of the first call only", effects)
			}
			if f.drops != 1 {
				t.Errorf("%d drops, want 1", f.drops)
			}
			_, err := joined(t, j)
			wantCancelled(t, err)
			late := spawnBody(h, func(co *coro.Co) (bool, error) { return way.abortOn(j, co.Context()), nil })
			h.Run()
			if took, _ := joined(t, late); took {
				t.Error("an abort of a task that has ended took effect")
			}
		})
	}
}

func TestAbortWhileRunningIsNotLost(t *testing.T) {
	h := newHost(t)
	var j joinhandle.JoinHandle[int]
	p := &hooked{onPoll: func() (int, bool) {
		if !j.Abort() {
			t.Error("the abort did not take")
		}
		return 0, false
	}}
	j = spawn(h, p)
	h.Run()
	_, err := joined(t, j)
	wantCancelled(t, err)
	if p.polls != 1 || p.drops != 1 {
		t.Errorf("%d polls, %d drops, want 1 each", p.polls, p.drops)
	}
}

// In direct style the await under way at the abort, or the next one, fails.
func TestAbortWhileRunningReachesTheNextAwait(t *testing.T) {
	h := newHost(t)
	var j joinhandle.JoinHandle[int]
	j = spawnBody(h, func(co *coro.Co) (int, error) {
		j.Abort()
		return 0, co.Yield()
	})
	h.Run()
	_, err := joined(t, j)
	wantCancelled(t, err)
}

func TestATaskThatCompletesInThePollOfItsAbortHasCompleted(t *testing.T) {
	h := newHost(t)
	var j joinhandle.JoinHandle[int]
	p := &hooked{onPoll: func() (int, bool) { j.Abort(); return 7, true }}
	j = spawn(h, p)
	h.Run()
	if v, err := joined(t, j); v != 7 || err != nil || p.drops != 0 {
		t.Errorf("have %d, %v, %d drops", v, err, p.drops)
	}
}

func TestAbortBeforeTheFirstPollDropsTheFutureUnpolled(t *testing.T) {
	h := newHost(t)
	p := &hooked{}
	j := spawn(h, p)
	j.Abort()
	h.Run()
	_, err := joined(t, j)
	wantCancelled(t, err)
	if p.polls != 0 || p.drops != 1 {
		t.Errorf("%d polls, %d drops, want 0 and 1", p.polls, p.drops)
	}
}

func TestAbortTakesOnce(t *testing.T) {
	h := newHost(t)
	p := &hooked{}
	j := spawn(h, p)
	a := j.AbortHandle()
	h.Run()
	if !a.Abort() || j.Abort() || a.Abort() {
		t.Error("want the first abort to take, and no other")
	}
	if a.Finished() {
		t.Error("finished before its worker dropped it")
	}
	h.Run()
	if !a.Finished() || a.Abort() || j.Abort() {
		t.Error("an abort after the end took, or there was no end")
	}
	if p.drops != 1 {
		t.Errorf("%d drops", p.drops)
	}
	_, err := joined(t, j)
	wantCancelled(t, err)
	if _, err := joined(t, j); err != core.ErrAlreadyJoined {
		t.Errorf("second join: %v, want ErrAlreadyJoined itself", err)
	}
}

func TestAbortAfterTheEndChangesNothing(t *testing.T) {
	h := newHost(t)
	j := spawn(h, future.Ready(7))
	a := j.AbortHandle()
	h.Run()
	if a.Abort() || j.Abort() {
		t.Error("took")
	}
	if h.Queued() != 0 {
		t.Error("the task is scheduled again")
	}
	if v, err := joined(t, j); v != 7 || err != nil {
		t.Errorf("have %d, %v", v, err)
	}
	if a.Abort() || !a.Finished() || a.ID() != j.ID() {
		t.Error("the abort handle changed with the join")
	}
}

// A task whose handle is dropped runs on.
func TestATaskWhoseHandleIsGoneRunsOn(t *testing.T) {
	h := newHost(t)
	ran := false
	spawnBody(h, func(co *coro.Co) (int, error) {
		err := coro.Sleep(co, time.Second)
		ran = true
		return 0, err
	})
	runtime.GC()
	h.Run()
	if !ran {
		t.Error("the task is lost")
	}
}

func TestATaskWhoseHandleIsGoneCanBeAborted(t *testing.T) {
	h := newHost(t)
	p := &hooked{}
	a := spawn(h, p).AbortHandle()
	h.Run()
	a.Abort()
	h.Run()
	if p.drops != 1 || !a.Finished() || h.Live() != 0 {
		t.Errorf("%d drops, finished %t, %d live", p.drops, a.Finished(), h.Live())
	}
}

func TestAClosedHostRefusesAndDropsTheFuture(t *testing.T) {
	h := coretest.New(1)
	h.Close()
	p := &hooked{}
	ran := false
	polled := spawn(h, p)
	direct := spawnBody(h, func(*coro.Co) (int, error) { ran = true; return 0, nil })
	if p.polls != 0 || p.drops != 1 || ran {
		t.Errorf("%d polls, %d drops, want 0 and 1; the body ran: %t", p.polls, p.drops, ran)
	}
	for _, j := range []joinhandle.JoinHandle[int]{polled, direct} {
		if !j.Finished() || isOpen(j.Done()) || j.Abort() {
			t.Error("the task has not ended")
		}
		_, err := j.Wait(context.Background())
		wantCancelled(t, err)
		if !errors.Is(err, core.ErrShutdown) {
			t.Errorf("have %v, want ErrShutdown in it", err)
		}
	}
}

func TestTheCloseOfAHostResolvesTheJoins(t *testing.T) {
	h := coretest.New(1)
	p := &hooked{}
	j := spawn(h, p)
	deferred := false
	direct := spawnBody(h, func(co *coro.Co) (int, error) {
		defer func() { deferred = true }()
		return 0, co.Suspend()
	})
	h.Run()
	done := j.Done()
	h.Close()
	if isOpen(done) || p.drops != 1 || !deferred {
		t.Errorf("Done is open: %t; %d drops; deferred function ran: %t", isOpen(done), p.drops, deferred)
	}
	for _, j := range []joinhandle.JoinHandle[int]{j, direct} {
		if _, err := joined(t, j); !errors.Is(err, core.ErrShutdown) {
			t.Errorf("have %v, want ErrShutdown in it", err)
		}
	}
}
