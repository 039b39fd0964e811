package future_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/future"
)

func TestJoinAllCopiesItsArgument(t *testing.T) {
	for _, n := range []int{2, 40} {
		ps := probes(t, n)
		fs := futures(ps)
		h, s := spawn(t, future.JoinAll(fs))
		clear(fs)
		for _, p := range ps {
			p.ready = true
		}
		h.Run()
		output(t, s)
	}
}

func TestJoinAllOfManyPollsOnlyTheWoken(t *testing.T) {
	ps := probes(t, 100)
	h, s := spawn(t, future.JoinAll(futures(ps)))
	h.Run()
	s.Wake() // for no child
	h.Run()
	ps[7].waker.Wake()
	ps[7].waker.Wake() // twice is once
	h.Run()
	for i, p := range ps {
		want := 1
		if i == 7 {
			want = 2
		}
		if p.polls != want {
			t.Errorf("child %d was polled %d times, want %d", i, p.polls, want)
		}
	}
	for _, p := range ps {
		p.wake()
	}
	h.Run()
	output(t, s)
}

// TestJoinAllOfManyIgnoresStaleWakers: once it has completed or was dropped, the wakers of its children
// wake nothing, and say that they are finished.
func TestJoinAllOfManyIgnoresStaleWakers(t *testing.T) {
	for _, end := range []string{"completed", "dropped"} {
		ps := probes(t, 100)
		f := future.JoinAll(futures(ps))
		cx := core.NewContext(newHost(t))
		woken := 0
		cx.ForHost().Begin(core.WakerFunc(func() { woken++ }))
		f.Poll(cx)
		if ps[7].waker.(core.FinishedWaker).Finished() {
			t.Error("finished while it is pending")
		}
		if end == "dropped" {
			core.Drop(f)
		} else {
			for _, p := range ps {
				p.wake()
			}
			if _, ok := f.Poll(cx); !ok {
				t.Fatal("pending, want the value")
			}
		}
		n := woken
		for _, p := range ps {
			p.waker.Wake()
			if !p.waker.(core.FinishedWaker).Finished() {
				t.Fatalf("%s: a child's waker does not say that it is finished", end)
			}
		}
		if woken != n {
			t.Errorf("%s: woken %d times by stale wakers", end, woken-n)
		}
	}
}

// TestWakeOfAWokenChildIsOrderedBeforeItsPoll: the wake changes nothing, but the waker's writes must be
// visible to the poll. The race detector checks the order; the test waits for the waker in a way
// that the detector does not see, and so adds no order itself.
func TestWakeOfAWokenChildIsOrderedBeforeItsPoll(t *testing.T) {
	var written, have int
	var child core.Waker
	fs := futures(probes(t, 100))
	fs[0] = future.Func(func(cx *core.Context) (int, bool) {
		child, have = cx.Waker(), written
		return 0, false
	})
	f := future.JoinAll(fs)
	cx := core.NewContext(newHost(t))
	w := core.WakerFunc(func() {})
	cx.ForHost().Begin(w)
	f.Poll(cx)
	child.Wake()
	var woken bool
	done := make(chan struct{})
	go func(child core.Waker) {
		defer close(done)
		written = 1
		child.Wake()
		poke(&woken)
	}(child)
	for !peek(&woken) {
		time.Sleep(time.Millisecond)
	}
	cx.ForHost().Begin(w)
	f.Poll(cx)
	<-done
	if have != 1 {
		t.Errorf("the poll saw %d, want 1", have)
	}
	core.Drop(f)
}

//go:norace
//go:noinline
func poke(p *bool) { *p = true }

//go:norace
//go:noinline
func peek(p *bool) bool { return *p }

// TestJoinAllOfManyFollowsItsWaker: the task that polled last is woken, not the one that polled first.
func TestJoinAllOfManyFollowsItsWaker(t *testing.T) {
	ps := probes(t, 100)
	f := future.JoinAll(futures(ps))
	cx := core.NewContext(newHost(t))
	for n := range 3 {
		woken := 0
		w := core.WakerFunc(func() { woken++ })
		cx.ForHost().Begin(w)
		f.Poll(cx)
		if cx.Waker() != w {
			t.Fatal("the poll left another waker in the context")
		}
		ps[n].wake()
		if woken != 1 {
			t.Errorf("poll %d: woken %d times, want 1", n, woken)
		}
	}
	core.Drop(f)
}

func TestJoinAllOfManyRestoresTheWakerAfterAPanic(t *testing.T) {
	ps := probes(t, 100)
	ps[50].boom = "boom"
	f := future.JoinAll(futures(ps))
	cx := core.NewContext(newHost(t))
	w := core.WakerFunc(func() {})
	cx.ForHost().Begin(w)
	mustPanic(t, "boom", func() { f.Poll(cx) })
	if cx.Waker() != w {
		t.Error("the poll left another waker in the context")
	}
}

// TestJoinAllKeepsToTheBudget: the next poll polls the children that found it spent, and no others.
func TestJoinAllKeepsToTheBudget(t *testing.T) {
	const n = 300
	done := 0
	fs := make([]core.Future[int], n)
	for i := range fs {
		fs[i] = future.Func(func(cx *core.Context) (int, bool) {
			if !cx.Spend() {
				return 0, false
			}
			done++
			return i, true
		})
	}
	h, s := spawn(t, future.JoinAll(fs))
	for want := core.DefaultBudget; !s.Finished(); want += core.DefaultBudget {
		h.Step()
		if done != min(want, n) {
			t.Fatalf("have %d operations done, want %d", done, min(want, n))
		}
	}
	output(t, s)
}

// TestChildrenWokenAgainAndAgain: wakes come while the child is taken from the list of the woken.
func TestChildrenWokenAgainAndAgain(t *testing.T) {
	const children, wakes = 20, 2000
	evs := make([]tally, children)
	fs := make([]core.Future[int], children)
	for i := range fs {
		evs[i].want = wakes
		fs[i] = &evs[i]
	}
	h, s := spawn(t, future.JoinAll(fs))
	h.Run()
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for range wakes / 2 {
				for i := range evs {
					evs[i].n.Add(1)
					(*evs[i].waker.Load()).Wake()
				}
			}
		})
	}
	h.RunUntil(s.Finished)
	wg.Wait()
	output(t, s)
}

// A tally is a future that completes after a number of calls.
type tally struct {
	event
	n    atomic.Int64
	want int64
}

func (c *tally) Poll(cx *core.Context) (int, bool) {
	c.event.Poll(cx)
	return 0, c.n.Load() == c.want
}
