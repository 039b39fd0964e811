package local_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
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

var (
	number = local.NewKey[int]("number")
	word   = local.NewKey[string]("word")
)

func newHost(t testing.TB) *coretest.Host {
	h := coretest.New(1)
	t.Cleanup(h.Close)
	return h
}

// run makes f a task alone on a host and returns its output.
func run[T any](t *testing.T, f core.Future[T]) (T, error) {
	t.Helper()
	return finish(t, task.New(f))
}

// do runs a body alone on a host.
func do(t *testing.T, body func(co *coro.Co) error) error {
	t.Helper()
	_, err := finish(t, coro.New(func(co *coro.Co) (int, error) { return 0, body(co) }))
	return err
}

func finish[T any](t *testing.T, s *task.Slot[T]) (T, error) {
	t.Helper()
	h := newHost(t)
	h.Spawn(&s.Task)
	h.Run()
	v, err, ok := s.Take()
	if !ok {
		t.Fatalf("the task has not ended: it is %v", s.State())
	}
	return v, err
}

// check looks number up.
func check(t *testing.T, what string, from local.Source, want int, wantOK bool) {
	t.Helper()
	if have, ok := number.Get(from); have != want || ok != wantOK {
		t.Errorf("%s: have %d, %t, want %d, %t", what, have, ok, want, wantOK)
	}
}

// A probe looks number up at each of its polls, the last of which answers.
type probe struct {
	polls int // left
	seen  []int
	drops int
}

func (p *probe) Poll(cx *core.Context) ([]int, bool) {
	v, ok := number.Get(cx)
	if !ok {
		v = -1
	}
	p.seen = append(p.seen, v)
	if p.polls--; p.polls > 0 {
		cx.Yield()
	}
	return p.seen, p.polls <= 0
}

func (p *probe) Drop() { p.drops++ }

func TestAScopeOfABodyNestsAndRestores(t *testing.T) {
	err := do(t, func(co *coro.Co) error {
		check(t, "outside", co, 0, false)
		err := number.With(co, 1, func(co *coro.Co) error {
			check(t, "outer", co, 1, true)
			if err := co.Yield(); err != nil {
				return err
			}
			number.With(co, 2, func(co *coro.Co) error {
				check(t, "inner", co, 2, true)
				co.Yield()
				check(t, "inner, after an await", co, 2, true)
				return errors.New("fails")
			})
			check(t, "after the inner one has failed", co, 1, true)
			func() {
				defer func() { recover() }()
				number.With(co, 3, func(co *coro.Co) error { panic("boom") })
			}()
			check(t, "after the inner one has panicked", co, 1, true)
			word.With(co, "w", func(co *coro.Co) error {
				check(t, "in a scope of another key", co, 1, true)
				return nil
			})
			return nil
		})
		check(t, "after", co, 0, false)
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

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

// The context of a worker serves one task after the other, so what a task leaves in it would be
// seen by the next.
//
// Regression: a panic leaked the value of the scope that it left.
func TestAPollThatEndsInAnyWayLeavesNothingBehind(t *testing.T) {
	ends := map[string]func(cx *core.Context) (int, bool){
		"answers": func(*core.Context) (int, bool) { return 0, true },
		"waits":   func(*core.Context) (int, bool) { return 0, false },
		"panics":  func(*core.Context) (int, bool) { panic("boom") },
		"exits":   func(*core.Context) (int, bool) { runtime.Goexit(); return 0, true },
	}
	for name, end := range ends {
		h := newHost(t)
		cx := h.Context()
		cx.Begin(core.WakerFunc(func() {}))
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

// Regression: keys of the same type, or without a size, were one key.
func TestDistinctKeysNeverAlias(t *testing.T) {
	same := []*local.Key[int]{number, local.NewKey[int]("number"), local.NewKey[int](""), new(local.Key[int])}
	empty := []*local.Key[struct{}]{new(local.Key[struct{}]), new(local.Key[struct{}]), local.NewKey[struct{}]("")}
	err := do(t, func(co *coro.Co) error {
		var nest func(co *coro.Co, i int) error
		nest = func(co *coro.Co, i int) error {
			for j, k := range same {
				if v, ok := k.Get(co); ok != (j < i) || ok && v != j {
					t.Errorf("%d keys set: key %d has %d, %t", i, j, v, ok)
				}
			}
			if i == len(same) {
				return nil
			}
			return same[i].With(co, i, func(co *coro.Co) error { return nest(co, i+1) })
		}
		nest(co, 0)
		return empty[0].With(co, struct{}{}, func(co *coro.Co) error {
			for j, k := range empty {
				if _, ok := k.Get(co); ok != (j == 0) {
					t.Errorf("empty key %d: %t", j, ok)
				}
			}
			if co.Value(*empty[0]) != nil || co.Value("number") != nil {
				t.Error("something else than the key finds its value")
			}
			return nil
		})
	})
	if err != nil {
		t.Error(err)
	}
}

func TestOutsideEveryScopeThereIsNoValue(t *testing.T) {
	h := newHost(t)
	check(t, "context", h.Context(), 0, false)
	check(t, "context.Background", context.Background(), 0, false)
	want := `local: no value for "number" here: it is outside every scope of that key`
	if have := panicOf(func() { number.Must(h.Context()) }); have != want {
		t.Errorf("have %v\n\twant %v", have, want)
	}
	do(t, func(co *coro.Co) error {
		if have := panicOf(func() { number.Must(co) }); have != want {
			t.Errorf("have %v\n\twant %v", have, want)
		}
		return number.With(co, 5, func(co *coro.Co) error {
			if v := number.Must(co); v != 5 {
				t.Errorf("have %d", v)
			}
			return nil
		})
	})
}

func TestAnAwaitedFutureSeesTheScopesOfTheBody(t *testing.T) {
	err := do(t, func(co *coro.Co) error {
		p := &probe{polls: 2}
		if _, err := coro.Await(co, p); err != nil || !slices.Equal(p.seen, []int{-1, -1}) {
			t.Errorf("outside: have %v, %v", p.seen, err)
		}
		return number.With(co, 1, func(co *coro.Co) error {
			check(t, "the poll context", co.Context(), 1, true)

			p := &probe{polls: 2}
			coro.Await(co, p)
			if !slices.Equal(p.seen, []int{1, 1}) {
				t.Errorf("inside: have %v", p.seen)
			}

			p = &probe{polls: 2}
			coro.Await(co, local.Scope[[]int](number, 2, p))
			if !slices.Equal(p.seen, []int{2, 2}) {
				t.Errorf("in a scope of its own: have %v", p.seen)
			}

			p = &probe{polls: 2}
			coro.Await(co, local.Scope[[]int](word, "w", p))
			if !slices.Equal(p.seen, []int{1, 1}) {
				t.Errorf("in a scope of another key: have %v", p.seen)
			}

			many := make([]core.Future[[]int], 100) // so that they are polled with wakers of their own
			for i := range many {
				many[i] = &probe{polls: 2}
			}
			all, err := coro.Await(co, future.JoinAll(many))
			for i, seen := range all {
				if !slices.Equal(seen, []int{1, 1}) {
					t.Errorf("in a combinator: child %d has %v", i, seen)
				}
			}
			if err != nil {
				t.Error(err)
			}
			return nil
		})
	})
	if err != nil {
		t.Error(err)
	}
}

func TestValuesAreThoseOfAContext(t *testing.T) {
	do(t, func(co *coro.Co) error {
		return number.With(co, 1, func(co *coro.Co) error {
			if v := co.Value(number); v != 1 {
				t.Errorf("co.Value: have %v", v)
			}
			ctx, cancel := context.WithCancel(co)
			defer cancel()
			check(t, "a context of the Co", ctx, 1, true)
			check(t, "a context of that", context.WithValue(ctx, new(byte), 8), 1, true)
			got := make(chan int)
			go func() { got <- number.Must(ctx) }() // any goroutine
			if v := <-got; v != 1 {
				t.Errorf("another goroutine: have %d", v)
			}
			return nil
		})
	})
}

func TestANilIsAValue(t *testing.T) {
	anError, aPointer := local.NewKey[error]("error"), local.NewKey[*int]("pointer")
	do(t, func(co *coro.Co) error {
		return anError.With(co, errors.New("outer"), func(co *coro.Co) error {
			return anError.With(co, nil, func(co *coro.Co) error {
				return aPointer.With(co, nil, func(co *coro.Co) error {
					if v, ok := anError.Get(co); v != nil || !ok {
						t.Errorf("interface: have %v, %t", v, ok)
					}
					if v, ok := aPointer.Get(co); v != nil || !ok {
						t.Errorf("pointer: have %v, %t", v, ok)
					}
					return nil
				})
			})
		})
	})
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
		cx.Begin(core.WakerFunc(func() {}))
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

// big is noticed by a weak pointer.
type big struct{ _ [64]byte }

func TestValuesAreLetGoOf(t *testing.T) {
	key := local.NewKey[*big]("big")
	for name, end := range map[string]func(h *coretest.Host, s *task.Slot[struct{}]){
		"answered": func(h *coretest.Host, s *task.Slot[struct{}]) { h.Run() },
		"aborted":  func(h *coretest.Host, s *task.Slot[struct{}]) { s.Abort(); h.Run() },
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
	if v := panicOf(func() { f.Poll(newHost(t).Context()) }); v != "local: polled after it had answered" {
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

func panicOf(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}

// Regression: each poll allocated.
func TestAPollInAScopeAllocatesNothing(t *testing.T) {
	h := newHost(t)
	cx := h.Context()
	cx.Begin(core.WakerFunc(func() {}))
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

// One key in tasks of several workers at once: each has its own value.
func TestAKeyServesWorkersInParallel(t *testing.T) {
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			h := coretest.New(uint64(worker))
			defer h.Close()
			for i := range 50 {
				want := worker*1000 + i
				direct := coro.New(func(co *coro.Co) (int, error) {
					return 0, number.With(co, want, func(co *coro.Co) error {
						for range 20 {
							if have, _ := number.Get(co); have != want {
								t.Errorf("have %d, want %d", have, want)
							}
							co.Yield()
						}
						return nil
					})
				})
				h.Spawn(&direct.Task)
				polled := task.New(local.Scope[[]int](number, want, &probe{polls: 20}))
				h.Spawn(&polled.Task)
				defer func() {
					seen, _, _ := polled.Take()
					if seen = slices.Compact(seen); !slices.Equal(seen, []int{want}) {
						t.Errorf("have %v, want %d", seen, want)
					}
				}()
			}
			h.Run()
		})
	}
	wg.Wait()
}
