package joinhandle_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// values takes the outputs of the ended tasks, none of which may be an error.
func values(t *testing.T, set *joinhandle.JoinSet[int]) (vs []int) {
	t.Helper()
	for j, ok := set.TryJoin(); ok; j, ok = set.TryJoin() {
		if j.Err != nil {
			t.Errorf("task %d: %v", j.ID, j.Err)
		}
		vs = append(vs, j.Value)
	}
	return vs
}

func TestASetJoinsInTheOrderInWhichTasksEnd(t *testing.T) {
	h := newHost(t)
	set := joinhandle.NewJoinSet[int](h)
	for _, seconds := range []int{3, 1, 4, 0, 5, 2} {
		set.Go(sleeper(seconds, time.Duration(seconds)*time.Second))
	}
	h.Run()
	if vs := values(t, set); !slices.Equal(vs, []int{0, 1, 2, 3, 4, 5}) {
		t.Errorf("have %v", vs)
	}
}

func TestASetCountsWhatIsNotJoined(t *testing.T) {
	h := newHost(t)
	set := joinhandle.NewJoinSet[int](h)
	want := func(n int) {
		t.Helper()
		if set.Len() != n {
			t.Errorf("Len %d, want %d", set.Len(), n)
		}
	}
	want(0)
	set.Spawn(future.Ready(1))
	set.Spawn(future.Pending[int]())
	want(2)
	h.Run() // one has ended
	want(2)
	if j, ok := set.TryJoin(); !ok || j.Value != 1 || j.Err != nil {
		t.Errorf("have %v, %t", j, ok)
	}
	want(1)
	if j, ok := set.TryJoin(); ok || j != (joinhandle.Joined[int]{}) {
		t.Errorf("have %v, %t", j, ok)
	}
	want(1)
}

func TestWhatBecameOfAMemberIsInItsOutput(t *testing.T) {
	h := newHost(t)
	set := joinhandle.NewJoinSet[int](h)
	mine := errors.New("mine")
	value := set.Spawn(future.Ready(7))
	failed := set.Go(func(*coro.Co) (int, error) { return 8, mine })
	panicked := set.Go(func(*coro.Co) (int, error) { panic("boom") })
	aborted := set.Spawn(future.Pending[int]())
	aborted.Abort()
	h.Run()
	ends := map[uint64]core.Result[int]{}
	for j, ok := set.TryJoin(); ok; j, ok = set.TryJoin() {
		ends[j.ID] = j.Result
	}
	if r := ends[value.ID()]; r.Value != 7 || r.Err != nil {
		t.Errorf("value: %v", r)
	}
	if r := ends[failed.ID()]; r.Value != 8 || r.Err != mine {
		t.Errorf("failed: %v", r)
	}
	wantPanic(t, ends[panicked.ID()].Err, "boom")
	wantCancelled(t, ends[aborted.ID()].Err)
	var je *joinhandle.JoinError
	if errors.As(ends[aborted.ID()].Err, &je); je.ID != aborted.ID() {
		t.Errorf("the JoinError is that of task %d, want %d", je.ID, aborted.ID())
	}
	if len(ends) != 4 || set.Len() != 0 {
		t.Errorf("%d outputs, %d left", len(ends), set.Len())
	}
}

func TestJoinOfASetSuspendsUntilATaskEnds(t *testing.T) {
	h := newHost(t)
	set := joinhandle.NewJoinSet[int](h)
	set.Go(sleeper(2, 2*time.Second))
	set.Go(sleeper(1, time.Second))
	var at []time.Duration
	joiner := spawnBody(h, func(co *coro.Co) (int, error) {
		for want := 1; want <= 2; want++ {
			if j, err := set.Join(co); j.Value != want || j.Err != nil || err != nil {
				t.Errorf("have %v, %v, want %d", j, err, want)
			}
			at = append(at, co.Context().Now())
		}
		_, err := set.Join(co)
		return 0, err
	})
	h.Run()
	if _, err := joined(t, joiner); err != joinhandle.ErrEmpty {
		t.Errorf("have %v, want ErrEmpty", err)
	}
	if !slices.Equal(at, []time.Duration{time.Second, 2 * time.Second}) {
		t.Errorf("joined at %v", at)
	}
}

// A cancelled Join takes nothing out of the set, nor is it woken any more.
func TestJoinOfASetThatIsCancelledLeavesTheTasks(t *testing.T) {
	h := newHost(t)
	set := joinhandle.NewJoinSet[int](h)
	set.Go(sleeper(1, time.Hour))
	joiner := spawnBody(h, func(co *coro.Co) (int, error) {
		err := coro.WithTimeout(co, time.Second, func(co *coro.Co) error {
			j, err := set.Join(co)
			if j != (joinhandle.Joined[int]{}) {
				t.Errorf("joined %v", j)
			}
			return err
		})
		if err != core.ErrDeadlineExceeded {
			t.Errorf("have %v, want the deadline", err)
		}
		return 0, co.Suspend() // no wake follows
	})
	h.Run()
	if joiner.Finished() {
		t.Error("the joiner was woken after it had given up")
	}
	if vs := values(t, set); !slices.Equal(vs, []int{1}) {
		t.Errorf("have %v", vs)
	}
}

func TestPollJoinWakesItsWaker(t *testing.T) {
	h := newHost(t)
	set := joinhandle.NewJoinSet[int](h)
	var w counter
	pollJoin := func(w core.Waker) (joinhandle.Joined[int], bool, error) {
		h.Context().ForHost().Begin(w)
		return set.PollJoin(h.Context())
	}
	if _, ready, err := pollJoin(&w); !ready || err != joinhandle.ErrEmpty {
		t.Errorf("empty: %t, %v", ready, err)
	}
	p := &probe{}
	set.Spawn(p)
	h.Run()
	for range 3 { // a waker that waits is not added again
		if _, ready, err := pollJoin(&w); ready || err != nil {
			t.Errorf("pending: %t, %v", ready, err)
		}
	}
	p.complete(7)
	h.Run()
	if w.wakes != 1 {
		t.Errorf("%d wakes, want 1", w.wakes)
	}
	if j, ready, err := pollJoin(&w); !ready || err != nil || j.Value != 7 {
		t.Errorf("ended: %v, %t, %v", j, ready, err)
	}
	if _, ready, err := pollJoin(&w); !ready || err != joinhandle.ErrEmpty {
		t.Errorf("empty again: %t, %v", ready, err)
	}
}

// Each of many wakers can be taken back, at whichever position it waits.
func TestUnwaitTakesOneWakerBack(t *testing.T) {
	const n = 4
	for gone := range n {
		h := newHost(t)
		set := joinhandle.NewJoinSet[int](h)
		set.Spawn(future.Pending[int]())
		h.Run()
		var ws [n]counter
		for range 2 {
			for i := range ws {
				h.Context().ForHost().Begin(&ws[i])
				if _, ready, _ := set.PollJoin(h.Context()); ready {
					t.Fatal("ready")
				}
			}
		}
		set.Unwait(&ws[gone])
		set.Unwait(&ws[gone])    // it is not there any more
		set.Unwait(new(counter)) // nor ever was
		set.DetachAll()          // which wakes all
		for i, w := range ws {
			if want := min(1, (i-gone)*(i-gone)); w.wakes != want {
				t.Errorf("without waker %d: %d wakes of waker %d, want %d", gone, w.wakes, i, want)
			}
		}
	}
}

func TestWaitOfASetBlocksUntilATaskEnds(t *testing.T) {
	h := newHost(t)
	set := joinhandle.NewJoinSet[int](h)
	if _, err := set.Wait(context.Background()); err != joinhandle.ErrEmpty {
		t.Errorf("empty: %v", err)
	}
	for i := range 3 {
		set.Go(sleeper(i, time.Duration(i)*time.Second))
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range 3 {
			if j, err := set.Wait(context.Background()); j.Value != i || j.Err != nil || err != nil {
				t.Errorf("have %v, %v, want %d", j, err, i)
			}
		}
		if _, err := set.Wait(context.Background()); err != joinhandle.ErrEmpty {
			t.Errorf("empty: %v", err)
		}
	})
	h.Run()
	wg.Wait()
}

func TestWaitOfASetReturnsTheCauseOfItsContext(t *testing.T) {
	h := newHost(t)
	set := joinhandle.NewJoinSet[int](h)
	set.Spawn(future.Pending[int]())
	set.Go(func(*coro.Co) (int, error) { return 7, nil })
	cause := errors.New("mine")
	if _, err := set.Wait(over(cause)); err != cause {
		t.Errorf("have %v, want the cause", err)
	}
	h.Run()
	// An output is ready, so a wait returns it although the context is done.
	if j, err := set.Wait(over(cause)); j.Value != 7 || err != nil {
		t.Errorf("have %v, %v", j, err)
	}
	if _, err := set.Wait(over(cause)); err != cause || set.Len() != 1 {
		t.Errorf("have %v, %d left", err, set.Len())
	}
}

func TestSeveralJoinersGetDifferentOutputs(t *testing.T) {
	const joiners, tasks = 5, 20
	h := newHost(t)
	set := joinhandle.NewJoinSet[int](h)
	for i := range tasks {
		set.Go(sleeper(i, time.Duration(i/3)*time.Second)) // some end together
	}
	var got []int
	for range joiners {
		spawnBody(h, func(co *coro.Co) (int, error) {
			for {
				j, err := set.Join(co)
				if err == joinhandle.ErrEmpty {
					return 0, nil
				}
				got = append(got, j.Value)
			}
		})
	}
	h.Run()
	slices.Sort(got)
	for i, v := range got {
		if v != i {
			t.Fatalf("have %v, want each once", got)
		}
	}
	if len(got) != tasks || h.Live() != 0 {
		t.Errorf("%d outputs, want %d; %d tasks live", len(got), tasks, h.Live())
	}
}

// The task has ended before Spawn returns.
func TestASetOnAClosedHostHasTheRefusalsToJoin(t *testing.T) {
	h := coretest.New(1)
	set := joinhandle.NewJoinSet[int](h)
	h.Close()
	f := &hooked{}
	a := set.Spawn(f)
	if !a.Finished() || f.polls != 0 || f.drops != 1 || set.Len() != 1 {
		t.Errorf("finished %t, %d polls, %d drops, Len %d", a.Finished(), f.polls, f.drops, set.Len())
	}
	j, ok := set.TryJoin()
	if wantCancelled(t, j.Err); !ok || !errors.Is(j.Err, core.ErrShutdown) {
		t.Errorf("have %v, %t", j, ok)
	}
	if set.Len() != 0 {
		t.Errorf("Len %d", set.Len())
	}
}

func TestAMemberSpawnsIntoItsSet(t *testing.T) {
	h := newHost(t)
	set := joinhandle.NewJoinSet[int](h)
	var node func(depth int) func(co *coro.Co) (int, error)
	node = func(depth int) func(co *coro.Co) (int, error) {
		return func(*coro.Co) (int, error) {
			if depth > 0 {
				set.Go(node(depth - 1))
				set.Go(node(depth - 1))
			}
			return depth, nil
		}
	}
	set.Go(node(3))
	var sum, n int
	spawnBody(h, func(co *coro.Co) (int, error) {
		for j, err := range set.All(co) {
			if err != nil || j.Err != nil {
				t.Error(err, j.Err)
			}
			sum += j.Value
			n++
		}
		return 0, nil
	})
	h.Run()
	if n != 15 || sum != 3+2*2+4*1 {
		t.Errorf("%d members, sum of depths %d", n, sum)
	}
}

// A set spawns where its spawner does: here on the worker of a body.
func TestASetOfABody(t *testing.T) {
	do(t, func(co *coro.Co) {
		set := joinhandle.NewJoinSet[string](co)
		defer set.Drop()
		set.Spawn(future.Ready("child"))
		if j, err := set.Join(co); err != nil || j.Err != nil || j.Value != "child" {
			t.Errorf("have %v, %v", j, err)
		}
	})
}

// A Spawn that panics, such as that of a Co after its end, leaves no task in the set, for which others would wait without
// end.
func TestASpawnerThatPanicsAddsNoMember(t *testing.T) {
	h := newHost(t)
	var set *joinhandle.JoinSet[int]
	spawnBody(h, func(co *coro.Co) (int, error) {
		set = joinhandle.NewJoinSet[int](co)
		return 0, nil
	})
	h.Run()
	mustPanic(t, "coro: a Co was used outside its body: by another task (a child uses its own Co), from another goroutine, or after the end",
		func() { set.Spawn(future.Ready(1)) })
	if set.Len() != 0 {
		t.Errorf("Len %d, want 0", set.Len())
	}
	if _, err := set.Wait(over(nil)); err != joinhandle.ErrEmpty {
		t.Errorf("have %v, want ErrEmpty", err)
	}
}

// A spawner runs a function of the test in its Spawn.
type spawner func() error

func (f spawner) Spawn(core.Task) error { return f() }

func TestASpawnerThatPanicsWakesWhoWaitsForNothing(t *testing.T) {
	for name, meanwhile := range map[string]func(set *joinhandle.JoinSet[int]){
		"":           func(*joinhandle.JoinSet[int]) {},
		" emptied":   (*joinhandle.JoinSet[int]).Drop,
		" aborted":   (*joinhandle.JoinSet[int]).AbortAll,
		" abandoned": (*joinhandle.JoinSet[int]).DetachAll,
	} {
		h := newHost(t)
		var set *joinhandle.JoinSet[int]
		var w counter
		set = joinhandle.NewJoinSet[int](spawner(func() error {
			h.Context().ForHost().Begin(&w)
			if _, ready, err := set.PollJoin(h.Context()); ready {
				t.Errorf("ready with %v", err)
			}
			meanwhile(set)
			panic("no")
		}))
		mustPanic(t, "no", func() { set.Spawn(future.Ready(1)) })
		if w.wakes != 1 || set.Len() != 0 {
			t.Errorf("set%s: %d wakes, want 1; Len %d, want 0", name, w.wakes, set.Len())
		}
	}
}
