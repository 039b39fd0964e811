package local_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/local"
	"github.com/moduvex/moduvex-go/core/task"
)

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
	err := do(t, func(co *coro.Co) error {
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
	if err != nil {
		t.Error(err)
	}
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
	err := do(t, func(co *coro.Co) error {
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
	if err != nil {
		t.Error(err)
	}
}

func TestANilIsAValue(t *testing.T) {
	anError, aPointer := local.NewKey[error]("error"), local.NewKey[*int]("pointer")
	err := do(t, func(co *coro.Co) error {
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
	if err != nil {
		t.Error(err)
	}
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
					return want, number.With(co, want, func(co *coro.Co) error {
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
					if v, err, ok := direct.Take(); v != want || err != nil || !ok {
						t.Errorf("a body ended with %d, %v, %t", v, err, ok)
					}
					seen, _, _ := polled.Take()
					if seen = slices.Compact(seen); !slices.Equal(seen, []int{want}) {
						t.Errorf("have %v, want %d", seen, want)
					}
				}()
			}
			h.Run()
			if n := h.Live(); n != 0 {
				t.Errorf("%d tasks have not ended", n)
			}
		})
	}
	wg.Wait()
}
