package joinhandle_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/joinhandle"
)

func TestAllRangesUntilTheSetIsEmpty(t *testing.T) {
	do(t, func(co *coro.Co) {
		set := joinhandle.NewJoinSet[int](co)
		for range set.All(co) {
			t.Error("a round for an empty set")
		}
		for _, seconds := range []int{2, 0, 1} {
			set.Go(sleeper(seconds, time.Duration(seconds)*time.Second))
		}
		var got []int
		for j, err := range set.All(co) {
			if err != nil || j.Err != nil {
				t.Error(err, j.Err)
			}
			got = append(got, j.Value)
		}
		if !slices.Equal(got, []int{0, 1, 2}) {
			t.Errorf("have %v", got)
		}
	})
}

func TestABreakOutOfAllLeavesTheRest(t *testing.T) {
	do(t, func(co *coro.Co) {
		set := joinhandle.NewJoinSet[int](co)
		for i := range 4 {
			set.Go(sleeper(i, time.Duration(i)*time.Second))
		}
		var got []int
		for range 2 { // the second continues where the first has stopped
			for j := range set.All(co) {
				got = append(got, j.Value)
				if j.Value == 1 {
					break
				}
			}
			if len(got) == 2 && set.Len() != 2 {
				t.Errorf("Len %d after the break", set.Len())
			}
		}
		if !slices.Equal(got, []int{0, 1, 2, 3}) {
			t.Errorf("have %v", got)
		}
	})
}

func TestAllOfACancelledBodyEndsWithTheReason(t *testing.T) {
	h := newHost(t)
	set := joinhandle.NewJoinSet[int](h)
	set.Go(sleeper(1, time.Second))
	set.Go(sleeper(2, time.Hour))
	rounds := 0
	j := spawnBody(h, func(co *coro.Co) (int, error) {
		return 0, coro.WithTimeout(co, time.Minute, func(co *coro.Co) error {
			for j, err := range set.All(co) {
				rounds++
				if err != nil {
					if rounds != 2 || j != (joinhandle.Joined[int]{}) {
						t.Errorf("round %d: %v beside the error", rounds, j)
					}
					return err
				}
			}
			return nil
		})
	})
	h.Run()
	if _, err := joined(t, j); err != core.ErrDeadlineExceeded || rounds != 2 {
		t.Errorf("%v after %d rounds", err, rounds)
	}
	// A loop that does not stop at the error has no further round.
	rounds = 0
	j = spawnBody(h, func(co *coro.Co) (int, error) {
		set.Spawn(future.Pending[int]())
		for range set.All(co) {
			rounds++
		}
		return 0, nil
	})
	h.Run()
	j.Abort()
	h.Run()
	if rounds != 2 { // the task of an hour, and the error
		t.Errorf("%d rounds", rounds)
	}
}

func TestAbortAllLeavesTheTasksToBeJoined(t *testing.T) {
	const tasks = 10
	h := newHost(t)
	set := joinhandle.NewJoinSet[int](h)
	set.Spawn(future.Ready(1))
	h.Run() // has ended before the abort
	fs := make([]hooked, tasks)
	for i := range fs {
		set.Spawn(&fs[i])
	}
	h.Run()
	set.Spawn(future.Ready(2)) // not yet polled
	set.AbortAll()
	set.AbortAll()
	if set.Len() != tasks+2 {
		t.Errorf("Len %d", set.Len())
	}
	h.Run()
	if j, ok := set.TryJoin(); !ok || j.Value != 1 || j.Err != nil {
		t.Errorf("the task that had ended: %v, %t", j, ok)
	}
	for range tasks + 1 {
		j, ok := set.TryJoin()
		if !ok {
			t.Fatal("a task is lost")
		}
		wantCancelled(t, j.Err)
	}
	for i := range fs {
		if fs[i].drops != 1 {
			t.Errorf("task %d: %d drops", i, fs[i].drops)
		}
	}
	if set.Len() != 0 {
		t.Errorf("Len %d", set.Len())
	}
}

func TestDetachAllLetsTheTasksRunOn(t *testing.T) {
	h := newHost(t)
	set := joinhandle.NewJoinSet[int](h)
	ended := false
	set.Go(func(co *coro.Co) (int, error) {
		err := coro.Sleep(co, time.Second)
		ended = err == nil
		return 0, err
	})
	set.Spawn(future.Ready(1))
	for h.Step() {
	}
	set.DetachAll()
	if set.Len() != 0 {
		t.Errorf("Len %d", set.Len())
	}
	set.Spawn(future.Ready(2)) // the set can be used again
	h.Run()
	if !ended {
		t.Error("the task did not run on")
	}
	if vs := values(t, set); !slices.Equal(vs, []int{2}) {
		t.Errorf("have %v, want what was spawned after DetachAll", vs)
	}
}

func TestDropAbortsTheTasks(t *testing.T) {
	h := newHost(t)
	set := joinhandle.NewJoinSet[int](h)
	f := &hooked{}
	idle := set.Spawn(f)
	h.Run()
	set.Spawn(future.Ready(1))
	h.Run()
	queued := set.Spawn(future.Ready(2))
	set.Drop()
	set.Drop()
	if set.Len() != 0 || idle.Abort() || queued.Abort() {
		t.Errorf("Len %d, or a task is not aborted", set.Len())
	}
	h.Run()
	if f.drops != 1 || !idle.Finished() || !queued.Finished() || h.Live() != 0 {
		t.Errorf("%d drops, %d live", f.drops, h.Live())
	}
	if j, ok := set.TryJoin(); ok {
		t.Errorf("a dropped member came back: %v", j)
	}
	set.Spawn(future.Ready(3)) // the set can be used again
	h.Run()
	if vs := values(t, set); !slices.Equal(vs, []int{3}) {
		t.Errorf("have %v", vs)
	}
}

func TestWhoWaitsForASetThatIsEmptiedGetsErrEmpty(t *testing.T) {
	for name, empty := range map[string]func(set *joinhandle.JoinSet[int]){
		"Drop":      (*joinhandle.JoinSet[int]).Drop,
		"DetachAll": (*joinhandle.JoinSet[int]).DetachAll,
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t)
			set := joinhandle.NewJoinSet[int](h)
			set.Spawn(future.Pending[int]())
			var joiners []joinhandle.JoinHandle[int]
			for range 3 {
				joiners = append(joiners, spawnBody(h, func(co *coro.Co) (int, error) {
					_, err := set.Join(co)
					return 0, err
				}))
			}
			h.Run()
			var wg sync.WaitGroup
			for range 3 {
				wg.Go(func() {
					if _, err := set.Wait(context.Background()); err != joinhandle.ErrEmpty {
						t.Errorf("Wait: %v", err)
					}
				})
			}
			empty(set)
			wg.Wait()
			h.Run()
			for _, j := range joiners {
				if _, err := joined(t, j); err != joinhandle.ErrEmpty {
					t.Errorf("Join: %v", err)
				}
			}
		})
	}
}

// A body defers Drop, so that an abort of it ends its children too.
func TestAbortOfABodyThatDefersDropEndsItsChildren(t *testing.T) {
	h := newHost(t)
	child := &hooked{}
	parent := spawnBody(h, func(co *coro.Co) (int, error) {
		set := joinhandle.NewJoinSet[int](co)
		defer set.Drop()
		set.Spawn(child)
		_, err := set.Join(co)
		return 0, err
	})
	h.Run()
	parent.Abort()
	h.Run()
	if _, err := joined(t, parent); !errors.Is(err, core.ErrCancelled) {
		t.Errorf("parent: %v", err)
	}
	if child.drops != 1 || h.Live() != 0 {
		t.Errorf("child: %d drops; %d live", child.drops, h.Live())
	}
}
