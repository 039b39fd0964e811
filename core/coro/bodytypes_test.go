package coro_test

import (
	"slices"
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
)

func TestACoroutineRunsBodiesOfAllTypes(t *testing.T) {
	w := newWorker(t, coro.NewPool(0, false))
	var on []any
	for range 2 {
		n := spawn(t, w, func(co *coro.Co) (int, error) { on = append(on, coro.CoroutineOf(co)); return 1, co.Yield() })
		w.run()
		s := spawn(t, w, func(co *coro.Co) (string, error) {
			on = append(on, coro.CoroutineOf(co))
			return "a", co.Yield()
		})
		w.run()
		p := spawn(t, w, func(co *coro.Co) (string, error) { on = append(on, coro.CoroutineOf(co)); panic("no") })
		w.run()
		if v, err := take(t, n); v != 1 || err != nil {
			t.Errorf("an int: have %d, %v", v, err)
		}
		if v, err := take(t, s); v != "a" || err != nil {
			t.Errorf("a string: have %q, %v", v, err)
		}
		if v, err := take(t, p); v != "" || err == nil {
			t.Errorf("a panic: have %q, %v", v, err)
		}
	}
	if slices.ContainsFunc(on, func(c any) bool { return c != on[0] }) {
		t.Error("more than one coroutine")
	}
}
