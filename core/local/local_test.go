package local_test

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"
	"weak"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/local"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/core/timer"
)

func TestAScopeOfAFutureHoldsInEachPoll(t *testing.T) {
	f := local.Scope[[]int](number, 1, &probe{polls: 3})
	if seen, err := run(t, f); !slices.Equal(seen, []int{1, 1, 1}) || err != nil {
		t.Errorf("have %v, %v", seen, err)
	}
}

func TestScopesOfFuturesNestAndRestore(t *testing.T) {
	inner, outer := &probe{polls: 2}, &probe{polls: 4}
	both := local.Scope(number, 1, future.Join2(
		local.Scope[[]int](number, 2, local.Scope[[]int](word, "w", inner)),
		core.Future[[]int](outer),
	))
	if _, err := run(t, both); err != nil {
		t.Error(err)
	}
	if want := []int{2, 2}; !slices.Equal(inner.seen, want) {
		t.Errorf("inner: have %v, want %v", inner.seen, want)
	}
	if want := []int{1, 1, 1, 1}; !slices.Equal(outer.seen, want) {
		t.Errorf("outer: have %v, want %v", outer.seen, want)
	}
}

// The context of a worker serves one task after the other, so the next task would see values that a task
// left in it.
//
// Regression: a panic leaked the value of the scope that it left.
func TestAPollThatEndsInAnyWayLeavesNothingBehind(t *testing.T) {
	ends := map[string]func(cx *core.Context) (int, bool){
		"completes": func(*core.Context) (int, bool) { return 0, true },
		"waits":     func(*core.Context) (int, bool) { return 0, false },
		"panics":    func(*core.Context) (int, bool) { panic("boom") },
		"exits":     func(*core.Context) (int, bool) { runtime.Goexit(); return 0, true },
	}
	for name, end := range ends {
		h := newHost(t)
		cx := h.Context()
		cx.ForHost().Begin(core.WakerFunc(func() {}))
		f := local.Scope(number, 1, local.Scope(number, 2, future.Func(end)))
		over := make(chan struct{})
		go func() {
			defer close(over)
			defer func() { recover() }()
			f.Poll(cx)
		}()
		<-over
		check(t, name, cx, 0, false)

		outer := local.Scope(number, 3, future.Func(func(cx *core.Context) (int, bool) {
			func() {
				defer func() { recover() }()
				if name != "exits" {
					local.Scope(number, 4, future.Func(end)).Poll(cx)
				}
			}()
			check(t, name+", in an outer scope", cx, 3, true)
			return 0, true
		}))
		outer.Poll(cx)
		check(t, name+", after an outer scope", cx, 0, false)
	}
}

func TestAPanicOfOneTaskIsNotSeenByTheNext(t *testing.T) {
	h := newHost(t)
	bad := task.New(local.Scope(number, 1, future.Func(func(*core.Context) (int, bool) { panic("boom") })))
	badBody := coro.New(func(co *coro.Co) (int, error) {
		return 0, number.With(co, 1, func(*coro.Co) error { panic("boom") })
	})
	next := task.New[[]int](&probe{polls: 1})
	nextBody := coro.New(func(co *coro.Co) (int, error) { check(t, "body", co, 0, false); return 0, nil })
	for _, x := range []*task.Task{&bad.Task, &badBody.Task, &next.Task, &nextBody.Task} {
		h.Spawn(x)
	}
	h.Run()
	if seen, _, _ := next.Take(); !slices.Equal(seen, []int{-1}) {
		t.Errorf("have %v", seen)
	}
}

func TestAnAbortedScopeIsLeft(t *testing.T) {
	h := newHost(t)
	p := &probe{polls: 1 << 30}
	polled := task.New(local.Scope[[]int](number, 1, p))
	direct := coro.New(func(co *coro.Co) (int, error) {
		defer func() { check(t, "after", co, 0, false) }()
		return 0, number.With(co, 1, func(co *coro.Co) error {
			defer func() { check(t, "in a deferred function", co, 1, true) }()
			return coro.Sleep(co, time.Hour)
		})
	})
	h.Spawn(&polled.Task)
	h.Spawn(&direct.Task)
	for range 4 {
		h.Step()
	}
	polled.Abort()
	direct.Abort()
	h.Run()
	if p.drops != 1 || polled.State() != task.Cancelled || direct.State() != task.Cancelled {
		t.Errorf("%d drops, %v, %v", p.drops, polled.State(), direct.State())
	}
	check(t, "the worker", h.Context(), 0, false)
}

func TestAScopeFollowsItsTaskToAnotherContext(t *testing.T) {
	first, second := newHost(t), newHost(t)
	var words []string
	f := local.Scope(number, 1, future.Map(future.JoinAll([]core.Future[[]int]{
		&probe{polls: 3},
		future.Func(func(cx *core.Context) ([]int, bool) {
			w, _ := word.Get(cx)
			words = append(words, w)
			cx.Yield()
			return nil, len(words) == 3
		}),
	}), func(all [][]int) []int { return all[0] }))
	around := (*core.Values)(nil).With(word, "w")
	for i, h := range []*coretest.Host{first, second, first} {
		cx := h.Context()
		cx.ForHost().Begin(core.WakerFunc(func() {}))
		old := cx.SwapValues(nil)
		if i == 1 {
			cx.SwapValues(around)
		}
		seen, ok := f.Poll(cx)
		if ok != (i == 2) || ok && !slices.Equal(seen, []int{1, 1, 1}) {
			t.Errorf("poll %d: have %v, %t", i, seen, ok)
		}
		cx.SwapValues(old)
	}
	if want := []string{"", "w", ""}; !slices.Equal(words, want) {
		t.Errorf("around it: have %q, want %q", words, want)
	}
}

// big is large enough to be a separate object, for a weak pointer.
type big struct{ _ [64]byte }

func TestValuesAreLetGoOf(t *testing.T) {
	key := local.NewKey[*big]("big")
	for name, end := range map[string]func(h *coretest.Host, s *task.Slot[struct{}]){
		"completed": func(h *coretest.Host, s *task.Slot[struct{}]) { h.Run() },
		"aborted":   func(h *coretest.Host, s *task.Slot[struct{}]) { s.Abort(); h.Run() },
	} {
		h := newHost(t)
		var w weak.Pointer[big]
		var f core.Future[struct{}]
		func() {
			v := new(big)
			w = weak.Make(v)
			f = local.Scope[struct{}](key, v, timer.Sleep(time.Second))
		}()
		s := task.New(f)
		h.Spawn(&s.Task)
		h.Step()
		end(h, s)
		for range 10 {
			runtime.GC()
		}
		if w.Value() != nil {
			t.Errorf("%s: the value is still there", name)
		}
		runtime.KeepAlive(f)
	}
}

func TestADropIsPassedOnOnce(t *testing.T) {
	p := &probe{polls: 2}
	core.Drop(local.Scope[[]int](number, 1, p))
	if p.drops != 1 {
		t.Errorf("%d drops", p.drops)
	}
	f := local.Scope[[]int](number, 1, &probe{polls: 1})
	run(t, f)
	if v := panicOf(func() { f.Poll(newHost(t).Context()) }); v != "local: polled after it completed" {
		t.Errorf("have %v", v)
	}
}

func TestBadInput(t *testing.T) {
	var none *local.Key[int]
	body := func(co *coro.Co) (int, error) { return 0, nil }
	for want, f := range map[string]func(){
		"local: Scope of a nil Future":             func() { local.Scope[int](number, 1, nil) },
		"local: Inherit by a nil Future":           func() { local.Inherit[int](newHost(t).Context(), nil) },
		"local: Inherit from a nil Parent":         func() { local.Inherit(nil, future.Ready(1)) },
		"local: InheritBody from a nil Parent":     func() { local.InheritBody(nil, body) },
		"local: InheritBody by a nil body":         func() { local.InheritBody[int](newHost(t).Context(), nil) },
		`local: Get of "number" from a nil Source`: func() { number.Get(nil) },
		"local: a nil Key":                         func() { none.Get(newHost(t).Context()) },
	} {
		if have := panicOf(f); have != want {
			t.Errorf("have %v\n\twant %v", have, want)
		}
	}
	if have := fmt.Sprint(number, new(local.Key[int]), none); have != "number *local.Key[int] *local.Key[int]" {
		t.Errorf("have %s", have)
	}
}

// Regression: each poll allocated.
func TestAPollInAScopeAllocatesNothing(t *testing.T) {
	h := newHost(t)
	cx := h.Context()
	cx.ForHost().Begin(core.WakerFunc(func() {}))
	sum := 0
	inner := future.Func(func(cx *core.Context) (int, bool) {
		sum += number.Must(cx)
		return 0, false
	})
	f := local.Scope(word, "w", local.Scope(number, 1, inner))
	f.Poll(cx) // finds out what is around it
	if n := testing.AllocsPerRun(100, func() { f.Poll(cx) }); n != 0 {
		t.Errorf("poll style: %v allocations, want 0", n)
	}
	s := coro.New(func(co *coro.Co) (int, error) {
		return 0, number.With(co, 1, func(co *coro.Co) error {
			for {
				sum += number.Must(co)
				if err := co.Yield(); err != nil {
					return err
				}
			}
		})
	})
	h.Spawn(&s.Task)
	h.Step()
	if n := testing.AllocsPerRun(100, func() { h.Step() }); n != 0 {
		t.Errorf("direct style: %v allocations, want 0", n)
	}
	if sum != 102+102 {
		t.Errorf("the sum is %d", sum)
	}
	s.Abort()
}
