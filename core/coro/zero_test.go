package coro_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
)

func TestAZeroGroupOrResultsPanicsWithItsName(t *testing.T) {
	const (
		group   = "coro: Group is zero: it was not opened by WithGroup"
		results = "coro: Results is zero: it was not returned by NewResults"
	)
	g, r := new(coro.Group), new(coro.Results[int])
	do(t, func(co *coro.Co) {
		value := func(*coro.Co) (int, error) { return 0, nil }
		for name, test := range map[string]struct {
			want string
			call func()
		}{
			"Group.Do":         {group, func() { g.Do(co, forever) }},
			"Group.DoOwning":   {group, func() { g.DoOwning(co, new(resource), forever) }},
			"NewResults":       {group, func() { coro.NewResults[int](g) }},
			"Results.Go":       {results, func() { r.Go(co, value) }},
			"Results.GoOwning": {results, func() { r.GoOwning(co, new(resource), value) }},
			"Results.All":      {results, func() { r.All(co) }},
		} {
			func() {
				defer func() {
					if have := recover(); have != test.want {
						t.Errorf("%s: have %v, want %q", name, have, test.want)
					}
				}()
				test.call()
			}()
		}
	})
	g.AbortAll()
	if n := g.Len(); n != 0 {
		t.Errorf("a zero group has %d children", n)
	}
}

func TestAZeroGroupOrResultsClosesWhatItCannotPass(t *testing.T) {
	for name, start := range map[string]func(co *coro.Co, r *resource){
		"Group":   func(co *coro.Co, r *resource) { new(coro.Group).DoOwning(co, r, forever) },
		"Results": func(co *coro.Co, r *resource) { new(coro.Results[int]).GoOwning(co, r, seven) },
	} {
		r := new(resource)
		do(t, func(co *coro.Co) {
			defer func() { recover() }()
			start(co, r)
		})
		if r.closed != 1 {
			t.Errorf("%s: closed %d times", name, r.closed)
		}
	}
}

func seven(*coro.Co) (int, error) { return 7, nil }

func TestAZeroPoolKeepsNoCoroutine(t *testing.T) {
	before := coroutines()
	w := newWorker(t, new(coro.Pool))
	s := spawn(t, w, func(co *coro.Co) (int, error) { return 7, co.Yield() })
	w.run()
	if v, err := take(t, s); v != 7 || err != nil {
		t.Errorf("have %d, %v", v, err)
	}
	if n := coroutines() - before; n != 0 || w.pool.Idle() != 0 {
		t.Errorf("%d coroutines are left, %d idle", n, w.pool.Idle())
	}
}
