package coro_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

func TestAPanicOfAChildSurfacesAtTheEndOfTheGroupAndNamesTheChild(t *testing.T) {
	h := newHost(t)
	tidied, after := 0, false
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		err := coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
			s.Do(co, tidy(&tidied))
			s.Do(co, func(co *coro.Co) error { coro.Sleep(co, time.Second); panicsWith("boom"); return nil })
			return forever(co)
		})
		after = true
		return 0, err
	})
	h.Run()
	_, err := take(t, s)
	var p *task.PanicError
	if !errors.As(err, &p) || !strings.Contains(string(p.Stack), "panicsWith") {
		t.Fatalf("have %v", err)
	}
	var child *coro.ChildPanic
	if !errors.As(err, &child) || child.ID != 3 || child.Value != "boom" || !strings.Contains(child.Name, t.Name()) {
		t.Errorf("the child is %+v", child)
	}
	if tidied != 1 || after || h.Live() != 0 {
		t.Errorf("%d cleaned up, the body went on %t, %d tasks left", tidied, after, h.Live())
	}
}

//go:noinline
func panicsWith(v any) { panic(v) }

func TestAPanicBeatsAnErrorThatCameFirst(t *testing.T) {
	_, err := within(t, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
		s.Do(co, func(co *coro.Co) error { forever(co); panic("in clean-up") })
		co.Yield()
		return errFirst
	})
	var p *coro.ChildPanic
	if !errors.As(err, &p) || p.Value != "in clean-up" {
		t.Errorf("have %v", err)
	}
}

func TestABodyThatPanicsOrExitsLeavesNoChildBehind(t *testing.T) {
	for name, leave := range map[string]func(co *coro.Co){
		"panics": func(*coro.Co) { panic("boom") },
		"exits":  func(*coro.Co) { runtime.Goexit() },
		"is unwound by force": func(co *coro.Co) {
			co.Context().Waker().(*task.Task).Abort()
			for {
				forever(co)
			}
		},
	} {
		h := newHost(t)
		tidied, atEnd := 0, -1
		s := spawn(t, h, func(co *coro.Co) (int, error) {
			defer func() { atEnd = tidied }()
			return 0, coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
				s.Do(co, tidy(&tidied))
				coro.Sleep(co, time.Second)
				leave(co)
				return nil
			})
		})
		h.Run()
		_, err := take(t, s)
		if err == nil || atEnd != 1 || h.Live() != 0 {
			t.Errorf("%s: have %v, %d cleaned up before the end, %d tasks left", name, err, atEnd, h.Live())
		}
	}
}

func TestAChildThatExitsFails(t *testing.T) {
	_, err := within(t, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
		return s.Do(co, func(co *coro.Co) error { runtime.Goexit(); return nil })
	})
	if err != core.ErrGoexit {
		t.Errorf("have %v", err)
	}
}
