package coro_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

func TestABodyReturnsItsOutput(t *testing.T) {
	if v, err := run(t, func(*coro.Co) (string, error) { return "x", nil }); v != "x" || err != nil {
		t.Errorf("have %q, %v", v, err)
	}
	why := errors.New("why")
	if v, err := run(t, func(*coro.Co) (string, error) { return "x", why }); v != "x" || err != why {
		t.Errorf("have %q, %v", v, err)
	}
}

func TestAwaitOfAReadyFutureDoesNotSuspend(t *testing.T) {
	h := newHost(t)
	g := new(gate)
	g.open(7)
	s := spawn(t, h, func(co *coro.Co) (int, error) { return coro.Await(co, g) })
	h.Run()
	if v, err := take(t, s); v != 7 || err != nil {
		t.Errorf("have %d, %v", v, err)
	}
	if n := h.Scheduled(); n != 1 || g.polls != 1 || g.drops != 0 {
		t.Errorf("scheduled %d times, %d polls, %d drops; want 1, 1, 0", n, g.polls, g.drops)
	}
}

func TestAwaitSuspendsUntilTheFutureIsReady(t *testing.T) {
	h := newHost(t)
	g := new(gate)
	s := spawn(t, h, func(co *coro.Co) (int, error) { return coro.Await(co, g) })
	h.Run()
	s.Wake() // spurious
	h.Run()
	if s.State() != task.Idle || g.polls != 2 {
		t.Fatalf("%v after %d polls, want idle after 2", s.State(), g.polls)
	}
	g.open(7)
	h.Run()
	if v, err := take(t, s); v != 7 || err != nil || g.drops != 0 {
		t.Errorf("have %d, %v, %d drops", v, err, g.drops)
	}
}

func TestAwaitPollsOnTheTasksOwnWaker(t *testing.T) {
	h := newHost(t)
	g := new(gate)
	s := spawn(t, h, func(co *coro.Co) (int, error) { return coro.Await(co, g) })
	h.Run()
	if g.waker != &s.Task {
		t.Errorf("polled with the waker %v, want the task", g.waker)
	}
}

func TestAwaitDropsAFutureThatPanics(t *testing.T) {
	f := &bomb{}
	_, err := run(t, func(co *coro.Co) (int, error) { return coro.Await(co, f) })
	var p *task.PanicError
	if !errors.As(err, &p) || p.Value != "boom" || f.drops != 1 {
		t.Errorf("have %v, %d drops; want the panic and 1", err, f.drops)
	}
	if p != nil && !strings.Contains(string(p.Stack), "(*bomb).Poll") {
		t.Errorf("the stack does not name who panicked:\n%s", p.Stack)
	}
}

type bomb struct{ drops int }

func (*bomb) Poll(*core.Context) (int, bool) { panic("boom") }
func (b *bomb) Drop()                        { b.drops++ }

func TestNilPanics(t *testing.T) {
	if v := panicOf(func() { coro.New[int](nil) }); v != "coro: New of a nil body" {
		t.Errorf("New: have %v", v)
	}
	_, err := run(t, func(co *coro.Co) (int, error) { return coro.Await[int](co, nil) })
	if err == nil || err.Error() != "task panicked: coro: Await of a nil Future" {
		t.Errorf("Await: have %v", err)
	}
}

func TestYieldGoesToTheBackOfTheQueue(t *testing.T) {
	h := newHost(t)
	var order []string
	for _, name := range []string{"a", "b", "c"} {
		spawn(t, h, func(co *coro.Co) (int, error) {
			for range 3 {
				order = append(order, name)
				if err := co.Yield(); err != nil {
					t.Error(err)
				}
			}
			return 0, nil
		})
	}
	h.Run()
	if got := strings.Join(order, ""); got != "abcabcabc" {
		t.Errorf("have %s", got)
	}
	if n := h.Scheduled(); n != 3*4 {
		t.Errorf("scheduled %d times, want 12: once for the start and for each yield", n)
	}
}

func TestSuspendReturnsAtAWake(t *testing.T) {
	h := newHost(t)
	var wakes int
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		for range 3 {
			if err := co.Suspend(); err != nil {
				return 0, err
			}
			wakes++
		}
		return wakes, nil
	})
	for i := range 3 {
		h.Run()
		if wakes != i {
			t.Errorf("resumed %d times, want %d", wakes, i)
		}
		s.Wake()
		s.Wake() // one poll, however many wakes
	}
	h.Run()
	if v, err := take(t, s); v != 3 || err != nil {
		t.Errorf("have %d, %v", v, err)
	}
}

// A wake that comes while the body runs is not lost: the body sees it at its next suspension.
func TestAWakeDuringThePollIsNotLost(t *testing.T) {
	h := newHost(t)
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		co.Context().Waker().Wake()
		return 1, co.Suspend()
	})
	h.Run()
	if v, err := take(t, s); v != 1 || err != nil {
		t.Errorf("have %d, %v", v, err)
	}
}

func TestACoSpawnsOnItsWorker(t *testing.T) {
	h := newHost(t)
	var order []int
	spawn(t, h, func(co *coro.Co) (int, error) {
		for i := range 3 {
			spawn(t, co, func(*coro.Co) (int, error) { order = append(order, i); return i, nil })
		}
		order = append(order, -1)
		return 0, nil
	})
	h.Run()
	if !slices.Equal(order, []int{-1, 0, 1, 2}) {
		t.Errorf("have %v", order)
	}
}

func TestAScopeOfANilBodyPanics(t *testing.T) {
	h := newHost(t)
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		for name, open := range map[string]func(){
			"Shield":      func() { coro.Shield(co, nil) },
			"WithTimeout": func() { coro.WithTimeout(co, time.Second, nil) },
			"WithCancel":  func() { coro.WithCancel(co, nil) },
			"WithValue":   func() { coro.WithValue(co, aKey{}, 1, nil) },
		} {
			if text := fmt.Sprint(panicOf(open)); !strings.Contains(text, "nil body") {
				t.Errorf("%s panicked with %q", name, text)
			}
		}
		return 1, nil
	})
	h.Run()
	if v, err := take(t, s); v != 1 || err != nil {
		t.Errorf("have %d, %v", v, err)
	}
}

type aKey struct{}
