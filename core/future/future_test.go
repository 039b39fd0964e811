package future_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
)

func newHost(t testing.TB) *coretest.Host {
	h := coretest.New(1)
	t.Cleanup(h.Close)
	return h
}

func TestReadyAnswersAtOnce(t *testing.T) {
	if v := run(t, future.Ready("x")); v != "x" {
		t.Errorf("have %q, want x", v)
	}
}

func TestPendingNeverAnswersAndIsDropped(t *testing.T) {
	h, s := spawn(t, future.Pending[int]())
	h.Run()
	if s.State() != task.Idle {
		t.Fatalf("have %v, want idle", s.State())
	}
	s.Abort()
	h.Run()
	if _, err, _ := s.Take(); err != core.ErrCancelled {
		t.Errorf("have %v, want ErrCancelled", err)
	}
}

func TestFuncIsPolledUntilItAnswers(t *testing.T) {
	n := 0
	v := run(t, future.Func(func(cx *core.Context) (int, bool) {
		if n++; n < 3 {
			cx.Wake(cx.Waker())
			return 0, false
		}
		return n, true
	}))
	if v != 3 {
		t.Errorf("have %d, want 3", v)
	}
}

func TestYieldLetsTheOthersRunFirst(t *testing.T) {
	h := newHost(t)
	var order []string
	note := func(s string) core.Future[int] {
		return future.Func(func(*core.Context) (int, bool) { order = append(order, s); return 0, true })
	}
	after := func(s string) core.Future[int] {
		return future.Then(note(s+"1"), func(int) core.Future[int] {
			return future.Then(future.Yield(), func(struct{}) core.Future[int] { return note(s + "2") })
		})
	}
	for _, s := range []string{"a", "b", "c"} {
		h.Spawn(&task.New(after(s)).Task)
	}
	h.Run()
	if have, want := fmt.Sprint(order), "[a1 b1 c1 a2 b2 c2]"; have != want {
		t.Errorf("have %s, want %s", have, want)
	}
	if have := h.Scheduled(); have != 6 {
		t.Errorf("scheduled %d times, want 6: once for each first run and each yield", have)
	}
}

func TestThenPollsTheSecondInTheSamePoll(t *testing.T) {
	h, s := spawn(t, future.Then(future.Ready(1), func(v int) core.Future[int] { return future.Ready(v + 1) }))
	h.Step()
	if v := output(t, s); v != 2 {
		t.Errorf("have %d, want 2", v)
	}
}

func TestJoinPollsOnlyThePending(t *testing.T) {
	for _, c := range combinators[3:6] { // Join2, Join3, JoinAll of few
		ps := probes(t, c.children)
		ps[0].ready = true
		h, s := spawn(t, c.combine(futures(ps)))
		h.Run()
		if s.Finished() {
			t.Fatalf("%s: completed before all children had", c.name)
		}
		for _, p := range ps[1:] {
			p.wake()
		}
		h.Run()
		output(t, s)
		for i, p := range ps {
			if want := min(i+1, 2); p.polls != want { // a probe fails the test if polled after it
				t.Errorf("%s: child %d was polled %d times, want %d", c.name, i, p.polls, want)
			}
		}
	}
}

func TestJoinKeepsTheOrderOfTheArguments(t *testing.T) {
	if have, want := run(t, future.Join2(future.Ready(1), future.Ready("x"))), (future.Pair[int, string]{First: 1, Second: "x"}); have != want {
		t.Errorf("have %v, want %v", have, want)
	}
	if have, want := run(t, future.Join3(future.Ready(1), future.Ready("x"), future.Ready(true))),
		(future.Triple[int, string, bool]{First: 1, Second: "x", Third: true}); have != want {
		t.Errorf("have %v, want %v", have, want)
	}
	for _, n := range []int{0, 1, 16, 17, 1000} {
		ps := probes(t, n)
		h, s := spawn(t, future.JoinAll(futures(ps)))
		h.Run()
		for _, p := range slices.Backward(ps) {
			if s.Finished() {
				t.Fatalf("%d: completed before all children had", n)
			}
			p.wake()
			h.Run()
		}
		values := output(t, s)
		if values == nil || len(values) != n {
			t.Fatalf("%d: have %v", n, values)
		}
		for i, v := range values {
			if v != i {
				t.Fatalf("%d: at %d: have %d", n, i, v)
			}
		}
	}
}

// TestWakesFromOtherGoroutines: no wake is lost, whatever combinator is in between.
func TestWakesFromOtherGoroutines(t *testing.T) {
	for _, c := range combinators {
		for range 50 {
			evs := make([]*event, c.children)
			fs := make([]core.Future[int], c.children)
			for i := range fs {
				evs[i] = &event{}
				fs[i] = evs[i]
			}
			h, s := spawn(t, c.combine(fs))
			var wg sync.WaitGroup
			for part := range 4 {
				wg.Go(func() {
					for i := part; i < len(evs); i += 4 {
						evs[i].set()
					}
				})
			}
			h.RunUntil(s.Finished)
			wg.Wait()
			output(t, s)
		}
	}
}

// An event is a future that another goroutine makes ready.
type event struct {
	happened atomic.Bool
	waker    atomic.Pointer[core.Waker]
}

func (e *event) Poll(cx *core.Context) (int, bool) {
	w := cx.Waker()
	e.waker.Store(&w)
	return 0, e.happened.Load()
}

func (e *event) set() {
	e.happened.Store(true)
	if w := e.waker.Load(); w != nil {
		(*w).Wake()
	}
}

func TestRaceAnswersWithTheFirstAndDropsTheOthersBefore(t *testing.T) {
	ps := probes(t, 3)
	h, s := spawn(t, future.Map(future.Race(futures(ps)...), func(w future.Winner[int]) string {
		return fmt.Sprintf("%d: %d, dropped %d %d %d", w.Index, w.Value, ps[0].drops, ps[1].drops, ps[2].drops)
	}))
	h.Run()
	ps[1].value = 42
	ps[1].wake()
	h.Run()
	if have, want := output(t, s), "1: 42, dropped 1 0 1"; have != want {
		t.Errorf("have %q, want %q", have, want)
	}
}

func TestSelectAnswersWithTheFirstAndDropsTheOtherBefore(t *testing.T) {
	for winner := range 2 {
		ps := probes(t, 2)
		h, s := spawn(t, future.Map(future.Select2(futures(ps)[0], futures(ps)[1]), func(e future.Either[int, int]) string {
			return fmt.Sprintf("%d: %d %d, dropped %d %d", e.Index, e.First, e.Second, ps[0].drops, ps[1].drops)
		}))
		h.Run()
		ps[winner].value = 42
		ps[winner].wake()
		h.Run()
		want := []string{"0: 42 0, dropped 0 1", "1: 0 42, dropped 1 0"}[winner]
		if have := output(t, s); have != want {
			t.Errorf("have %q, want %q", have, want)
		}
	}
}

// winners runs races between futures that are all ready, on a host with that seed.
func winners(t *testing.T, seed uint64, races, n int) []int {
	h := coretest.New(seed)
	defer h.Close()
	fs := make([]core.Future[int], n)
	for i := range fs {
		fs[i] = future.Ready(i)
	}
	var out []int
	for range races {
		one, two := task.New(future.Race(fs...)), task.New(future.Select2(fs[0], fs[1]))
		h.Spawn(&one.Task)
		h.Spawn(&two.Task)
		h.Run()
		out = append(out, output(t, one).Index, output(t, two).Index)
	}
	return out
}

func TestRaceIsFairAndRepeatsWithItsSeed(t *testing.T) {
	const races, n = 1000, 4
	first := winners(t, 7, races, n)
	if !slices.Equal(first, winners(t, 7, races, n)) {
		t.Error("the same seed gave other winners")
	}
	if slices.Equal(first, winners(t, 8, races, n)) {
		t.Error("another seed gave the same winners")
	}
	var race [n]int
	var pair [2]int
	for i := 0; i < len(first); i += 2 {
		race[first[i]]++
		pair[first[i+1]]++
	}
	for i, have := range race {
		if want := races / n; have < want/2 || have > want*2 {
			t.Errorf("Race: %d won %d times, want about %d", i, have, want)
		}
	}
	for i, have := range pair {
		if want := races / 2; have < want/2 || have > want*3/2 {
			t.Errorf("Select2: %d won %d times, want about %d", i, have, want)
		}
	}
}
