package joinhandle_test

import (
	"runtime"
	"testing"
	"weak"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// allocs fails the test unless f allocates want times.
func allocs(t *testing.T, what string, want float64, f func()) {
	t.Helper()
	if n := testing.AllocsPerRun(1000, f); n != want {
		t.Errorf("%s: %v allocations, want %v", what, n, want)
	}
}

// forever is pending; it takes no room.
type forever struct{}

func (*forever) Poll(*core.Context) (int, bool) { return 0, false }

// one is ready at its first poll.
type one struct{}

func (*one) Poll(*core.Context) (int, bool) { return 1, true }

func TestAskingAHandleAllocatesNothing(t *testing.T) {
	h := newHost(t)
	pending := spawn(h, future.Pending[int]())
	ended := spawn(h, future.Ready(1))
	h.Run()
	w := &counter{}
	allocs(t, "TryJoin of a task that runs", 0, func() { pending.TryJoin() })
	allocs(t, "Poll of a task that runs", 0, func() { poll(h, w, pending) })
	allocs(t, "TryJoin of a task that has ended", 0, func() { ended.TryJoin() })
	allocs(t, "Poll of a task that has ended", 0, func() { poll(h, w, ended) })
	allocs(t, "Abort and the rest", 0, func() {
		a := ended.AbortHandle()
		a.Abort()
		a.Finished()
		a.ID()
	})
}

func TestSpawnAllocatesTheTask(t *testing.T) {
	h := newHost(t)
	f := new(one)
	allocs(t, "Spawn, run and TryJoin", 1, func() {
		j := spawn(h, f)
		h.Run()
		if r, ok := j.TryJoin(); !ok || r.Value != 1 {
			t.Fatalf("have %v, %t", r, ok)
		}
	})
}

func TestSpawnOfASetAllocatesTheTaskAndTheMember(t *testing.T) {
	h := newHost(t)
	set := joinhandle.NewJoinSet[int](h)
	set.Spawn(new(forever)) // so that the set is never empty
	f := new(one)
	var w core.Waker = new(counter)
	allocs(t, "Spawn, run and TryJoin", 2, func() {
		set.Spawn(f)
		h.Context().ForHost().Begin(w)
		if _, ready, _ := set.PollJoin(h.Context()); ready {
			t.Fatal("ready before the run")
		}
		h.Run()
		if j, ok := set.TryJoin(); !ok || j.Value != 1 {
			t.Fatalf("have %v, %t", j, ok)
		}
	})
}

func TestASetThatIsUsedForLongDoesNotGrow(t *testing.T) {
	rounds := 20_000
	if testing.Short() {
		rounds = 2000
	}
	h := newHost(t)
	set := joinhandle.NewJoinSet[int](h)
	set.Spawn(new(forever))
	f := new(one)
	gone := over(nil)
	use := func() {
		for range rounds {
			set.Spawn(f)
			if _, err := set.Wait(gone); err == nil { // a waiter that gives up
				t.Fatal("joined before the run")
			}
			h.Run()
			if _, ok := set.TryJoin(); !ok {
				t.Fatal("a task is lost")
			}
		}
	}
	use()
	if n := growth(use); n > rounds/100 {
		t.Errorf("%d objects are kept after %d tasks", n, rounds)
	}
	if set.Len() != 1 {
		t.Errorf("Len %d", set.Len())
	}
}

// A heavy is an output that must not stay in memory after its join.
type heavy struct{ _ [1 << 12]byte }

func TestASetKeepsNothingOfWhatWasJoined(t *testing.T) {
	for name, empty := range map[string]func(set *joinhandle.JoinSet[*heavy]){
		"TryJoin":   func(set *joinhandle.JoinSet[*heavy]) { set.TryJoin(); set.TryJoin(); set.TryJoin() },
		"DetachAll": (*joinhandle.JoinSet[*heavy]).DetachAll,
		"Drop":      (*joinhandle.JoinSet[*heavy]).Drop,
	} {
		h := newHost(t)
		set := joinhandle.NewJoinSet[*heavy](h)
		var outputs []weak.Pointer[heavy]
		for range 3 {
			v := new(heavy)
			outputs = append(outputs, weak.Make(v))
			set.Go(func(*coro.Co) (*heavy, error) { return v, nil })
		}
		spawn(h, future.Ready(0)) // the host knows the task that it has polled last
		h.Run()
		runtime.GC()
		for _, p := range outputs {
			if p.Value() == nil {
				t.Errorf("%s: an output was lost before its join", name)
			}
		}
		empty(set)
		for range 10 {
			runtime.GC()
		}
		for i, p := range outputs {
			if p.Value() != nil {
				t.Errorf("%s: output %d is kept", name, i)
			}
		}
		runtime.KeepAlive(set)
	}
}
