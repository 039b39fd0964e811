package reactor_test

import (
	"runtime"
	"testing"
	"weak"

	"github.com/moduvex/moduvex-go/reactor"
)

// collected fails unless the collector frees every element of list.
func collected[T any](t *testing.T, list []weak.Pointer[T]) {
	t.Helper()
	left := 0
	for range 10 {
		runtime.GC()
		left = 0
		for _, p := range list {
			if p.Value() != nil {
				left++
			}
		}
		if left == 0 {
			return
		}
	}
	t.Errorf("%d of %d are reachable", left, len(list))
}

// wait registers n new wakers, which only the registration references when wait returns, and returns weak pointers to
// them.
//
//go:noinline
func wait(t *testing.T, g *reactor.Registration, n int) []weak.Pointer[counter] {
	list := make([]weak.Pointer[counter], n)
	for i := range list {
		w := new(counter)
		pending(t, g, w, reactor.Read)
		list[i] = weak.Make(w)
	}
	return list
}

// The slice of a registration stays while wakers wait. Its spare capacity does not reference those that are gone.
func TestAWaiterThatIsGoneIsReachableFromNothing(t *testing.T) {
	const n = 6
	unwait := func(i int) func(*rig, *reactor.Registration, []weak.Pointer[counter]) []weak.Pointer[counter] {
		return func(_ *rig, g *reactor.Registration, list []weak.Pointer[counter]) []weak.Pointer[counter] {
			g.Unwait(list[i].Value(), reactor.Read)
			return list[i : i+1]
		}
	}
	for name, end := range map[string]func(*rig, *reactor.Registration, []weak.Pointer[counter]) []weak.Pointer[counter]{
		"the first gives up":        unwait(0),
		"one in between gives up":   unwait(n / 2),
		"the last one gives up":     unwait(n - 1),
		"the one before it does so": unwait(n - 2),
		"all are woken": func(r *rig, _ *reactor.Registration, list []weak.Pointer[counter]) []weak.Pointer[counter] {
			r.report(3, reactor.ReadReady)
			return list
		},
		"all are taken": func(_ *rig, g *reactor.Registration, list []weak.Pointer[counter]) []weak.Pointer[counter] {
			g.TakeWaiters(reactor.Read, nil)
			return list
		},
		"the registration ends": func(_ *rig, g *reactor.Registration, list []weak.Pointer[counter]) []weak.Pointer[counter] {
			g.Deregister()
			return list
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			g := r.register(3)
			collected(t, end(r, g, wait(t, g, n)))
			runtime.KeepAlive(g)
		})
	}
}

// An emptied set keeps the memory for some waiters, not that for many.
func TestTheRoomOfACrowdIsGivenBack(t *testing.T) {
	r := newRig(t)
	g := r.register(3)
	wait(t, g, 8)
	g.TakeWaiters(reactor.Read, nil)
	if room := reactor.Room(g, reactor.Read); room < 7 {
		t.Errorf("room for %d is kept of 7", room)
	}
	wait(t, g, 1000)
	g.TakeWaiters(reactor.Read, nil)
	if room := reactor.Room(g, reactor.Read); room != 0 {
		t.Errorf("room for %d is kept of a crowd", room)
	}
}

// registerWeakly registers fds, which nothing else references, and returns weak pointers to the registrations.
//
//go:noinline
func (r *rig) registerWeakly(fds int) []weak.Pointer[reactor.Registration] {
	list := make([]weak.Pointer[reactor.Registration], fds)
	for fd := range list {
		list[fd] = weak.Make(r.register(uintptr(fd)))
	}
	return list
}

func TestARegistrationThatIsOverIsReachableFromNothing(t *testing.T) {
	for name, end := range map[string]func(*rig, []weak.Pointer[reactor.Registration]){
		"deregistered": func(r *rig, list []weak.Pointer[reactor.Registration]) {
			for _, p := range list {
				if err := p.Value().Deregister(); err != nil {
					r.t.Error(err)
				}
			}
		},
		"its Reactor closed": func(r *rig, _ []weak.Pointer[reactor.Registration]) {
			if err := r.r.Close(); err != nil {
				r.t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			list := r.registerWeakly(5)
			end(r, list)
			collected(t, list)
			runtime.KeepAlive(r)
		})
	}
}
