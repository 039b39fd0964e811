package coro_test

import (
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

func TestCloseUnwindsEveryBodyThatIsLeft(t *testing.T) {
	yields := func(co *coro.Co) {
		for co.Yield() == nil {
		}
	}
	bodies := map[string]func(co *coro.Co){
		"in Await": func(co *coro.Co) { forever(co) },
		"in Sleep": func(co *coro.Co) { coro.Sleep(co, time.Hour) },
		"in a shield": func(co *coro.Co) {
			coro.Shield(co, func(co *coro.Co) error { return forever(co) })
		},
		"in a scope": func(co *coro.Co) {
			coro.WithTimeout(co, time.Hour, func(co *coro.Co) error { return forever(co) })
		},
		"in an expired scope": func(co *coro.Co) {
			coro.WithTimeout(co, 0, func(co *coro.Co) error {
				for !isAbort(co.Interrupted()) {
				}
				return nil
			})
		},
		"scheduled":    yields,
		"calls Goexit": func(co *coro.Co) { forever(co); runtime.Goexit() },
		"opens scopes": func(co *coro.Co) {
			forever(co)
			coro.WithTimeout(co, time.Hour, forever)
			coro.WithDeadline(co, time.Now().Add(-time.Hour), forever)
			coro.Shield(co, func(co *coro.Co) error { return coro.Sleep(co, 1) })
		},
	}
	for _, b := range stubborn {
		bodies["ignores it in "+b.name] = func(co *coro.Co) { b.body(co, func() error { return forever(co) }) }
	}
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			h := newHost(t)
			unwound := false
			s := spawn(t, h, func(co *coro.Co) (int, error) {
				defer func() { unwound = true }()
				body(co)
				return 1, co.Interrupted()
			})
			for range 3 {
				h.Step()
			}
			if unwound {
				t.Fatal("the body has ended already")
			}
			h.Close()
			v, err := take(t, s)
			if v != 0 || err != core.ErrShutdown || s.State() != task.Cancelled || !unwound {
				t.Errorf("have %d, %v, %v, unwound %t", v, err, s.State(), unwound)
			}
		})
	}
}

func TestCloseAfterAnAbortEndsTheShieldedCleanUp(t *testing.T) {
	h := newHost(t)
	var in error
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		err := forever(co)
		in = coro.Shield(co, forever)
		return 0, err
	})
	h.Run()
	s.Abort()
	h.Run()
	h.Close()
	if _, err := take(t, s); err != core.ErrShutdown || !isAbort(in) {
		t.Errorf("have %v, in the shield %v", err, in)
	}
}

func TestABodyThatPanicsWhenItIsDropped(t *testing.T) {
	h := newHost(t)
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		defer panic("boom")
		return 0, forever(co)
	})
	h.Run()
	h.Close()
	var p *task.PanicError
	if _, err := take(t, s); !errors.As(err, &p) || p.Value != "boom" {
		t.Errorf("have %v", err)
	}
}

func TestADroppedFutureIsNotPolled(t *testing.T) {
	h := newHost(t)
	g := new(gate)
	s := spawn(t, h, func(co *coro.Co) (int, error) { return coro.Await(co, g) })
	h.Run()
	g.open(7)
	h.Close()
	if _, err := take(t, s); err != core.ErrShutdown || g.polls != 1 || g.drops != 1 {
		t.Errorf("have %v after %d polls and %d drops", err, g.polls, g.drops)
	}
}

func TestABodyThatNeverBeganIsReleasedWithItsTask(t *testing.T) {
	for name, end := range map[string]func(s *task.Slot[int]){
		"dropped": func(s *task.Slot[int]) { s.ForHost().Kill(core.ErrShutdown) },
		"aborted": func(s *task.Slot[int]) {
			w := newWorker(t, coro.NewPool(0, false))
			w.Spawn(&s.Task)
			s.Abort()
			w.run()
		},
	} {
		freed := make(chan struct{})
		held := new([64]byte)
		runtime.AddCleanup(held, func(int) { close(freed) }, 0)
		s := coro.New(func(*coro.Co) (int, error) { return int(held[0]), nil })
		end(s)
		runtime.GC()
		select {
		case <-freed:
		case <-time.After(5 * time.Second):
			t.Errorf("%s: what the body holds is still held", name)
		}
		runtime.KeepAlive(s)
	}
}
