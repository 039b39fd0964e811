package coro_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
)

// deep calls f with n frames below it.
func deep(n int, f func()) {
	if n == 0 {
		f()
		return
	}
	deep(n-1, f)
}

// elsewhere runs f on a goroutine of its own, and returns when f has returned.
func elsewhere(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
}

// inABody runs f in the body of another task, on another worker.
func inABody(t *testing.T, f func()) {
	w := newWorker(t, coro.NewPool(0, false))
	spawn(t, w, func(*coro.Co) (int, error) { f(); return 0, nil })
	w.run()
}

// callers are the callers of a UseCheck, and what it takes each for.
func callers(t *testing.T) map[string]struct {
	call func(f func())
	user coro.User
} {
	type caller = struct {
		call func(f func())
		user coro.User
	}
	return map[string]caller{
		"the body":                    {func(f func()) { f() }, coro.TheBody},
		"the body, deep":              {func(f func()) { deep(200, f) }, coro.TheBody},
		"a deferred function":         {func(f func()) { defer f() }, coro.TheBody},
		"an iterator":                 {pull, coro.AnIterator},
		"an iterator, deep":           {func(f func()) { pull(func() { deep(200, f) }) }, coro.AnIterator},
		"an iterator of an iterator":  {func(f func()) { pull(func() { pull(f) }) }, coro.AnIterator},
		"a goroutine":                 {elsewhere, coro.NoUser},
		"an iterator of a goroutine":  {func(f func()) { elsewhere(func() { pull(f) }) }, coro.NoUser},
		"a goroutine of an iterator":  {func(f func()) { pull(func() { elsewhere(f) }) }, coro.NoUser},
		"another body":                {func(f func()) { elsewhere(func() { inABody(t, f) }) }, coro.NoUser},
		"an iterator of another body": {func(f func()) { elsewhere(func() { inABody(t, func() { pull(f) }) }) }, coro.NoUser},
	}
}

func TestAUseCheckKnowsItsBody(t *testing.T) {
	for made, init := range map[string]func(f func()){
		"the body":                   func(f func()) { f() },
		"the body, deep":             func(f func()) { deep(200, f) },
		"an iterator":                pull,
		"an iterator of an iterator": func(f func()) { pull(func() { pull(f) }) },
	} {
		for caller, test := range callers(t) {
			maker, user, again := coro.User(-1), coro.User(-1), coro.User(-1)
			do(t, func(co *coro.Co) {
				var c coro.UseCheck
				init(func() { maker = c.Init(co) })
				test.call(func() { user, again = c.User(), c.User() })
			})
			if user != test.user || again != test.user {
				t.Errorf("made by %s, used by %s: have %v, then %v, want %v", made, caller, user, again, test.user)
			}
			if want := callers(t)[made].user; maker != want {
				t.Errorf("made by %s: have %v, want %v", made, maker, want)
			}
		}
	}
}

// A pool remembers by which frames it has known bodies: those of an iterator are no such ones, and those of other types of
// tasks are.
func TestAPoolKnowsBodiesAgain(t *testing.T) {
	w := newWorker(t, coro.NewPool(0, false))
	check := func(co *coro.Co) {
		for range 3 {
			var byBody, byIterator coro.UseCheck
			if user := byBody.Init(co); user != coro.TheBody {
				t.Errorf("the body is taken for %v", user)
			}
			pull(func() {
				if user := byIterator.Init(co); user != coro.AnIterator {
					t.Errorf("an iterator is taken for %v", user)
				}
			})
			if user := byIterator.User(); user != coro.TheBody {
				t.Errorf("the body is taken for %v", user)
			}
		}
	}
	for range 3 {
		spawn(t, w, func(co *coro.Co) (int, error) { check(co); return 0, co.Yield() })
		spawn(t, w, func(co *coro.Co) (string, error) { check(co); return "", co.Yield() })
		slot := coro.NewDo[struct{}](func(co *coro.Co) error { check(co); return co.Yield() })
		if err := w.Spawn(&slot.Task); err != nil {
			t.Fatal(err)
		}
		w.run()
	}
}

// It asks no state of the body's that another goroutine may not read: the race detector watches.
func TestAUseCheckAnswersWhileTheBodyWorks(t *testing.T) {
	var c coro.UseCheck
	stop, stopped := make(chan struct{}), make(chan coro.User)
	do(t, func(co *coro.Co) {
		c.Init(co)
		go func() {
			user := coro.NoUser
			for {
				select {
				case <-stop:
					stopped <- user
					return
				default:
					user = max(user, c.User())
				}
			}
		}()
		for range 1000 {
			if err := co.Yield(); err != nil || c.User() != coro.TheBody {
				t.Error("the body is not known:", err)
			}
			pull(func() { c.User() })
		}
	})
	close(stop)
	if user := <-stopped; user != coro.NoUser {
		t.Errorf("a goroutine is taken for %v", user)
	}
	if !c.Over() {
		t.Error("the body has ended, and is not over")
	}
}

// A coroutine runs one body after the other, on one goroutine.
func TestTheNextBodyOfACoroutineIsNotTheOneBefore(t *testing.T) {
	w := newWorker(t, coro.NewPool(1, false))
	var c coro.UseCheck
	var first any
	spawn(t, w, func(co *coro.Co) (int, error) {
		c.Init(co)
		first = coro.CoroutineOf(co)
		return 0, nil
	})
	w.run()
	user, same := coro.User(-1), false
	spawn(t, w, func(co *coro.Co) (int, error) {
		user, same = c.User(), coro.CoroutineOf(co) == first
		return 0, nil
	})
	w.run()
	if user != coro.NoUser || !same {
		t.Errorf("have %v; on the same coroutine: %v", user, same)
	}
}

// A body that ends at once, with its runtime, is not over as long as its deferred functions run.
func TestABodyThatIsDroppedIsKnownInItsCleanUp(t *testing.T) {
	h := newHost(t)
	user := coro.User(-1)
	spawn(t, h, func(co *coro.Co) (int, error) {
		var c coro.UseCheck
		c.Init(co)
		defer func() { user = c.User() }()
		return 0, forever(co)
	})
	h.Run()
	h.Close()
	if user != coro.TheBody {
		t.Errorf("have %v", user)
	}
}

func TestAUseCheckOfAnotherGoroutinePanics(t *testing.T) {
	do(t, func(co *coro.Co) {
		var c coro.UseCheck
		if v := panicOf(func() { c.Init(co) }); v != textForeign {
			t.Errorf("have %v", v)
		}
	})
}

func TestMakingAUseCheckAllocatesNothing(t *testing.T) {
	do(t, func(co *coro.Co) {
		c := new(coro.UseCheck)
		atMost(t, "Init", 0, func() { c.Init(co) })
	})
}
