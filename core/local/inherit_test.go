package local_test

import (
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/local"
	"github.com/moduvex/moduvex-go/core/task"
)

func TestASpawnedTaskInheritsOnlyWhatItIsToldTo(t *testing.T) {
	h := newHost(t)
	look := func(co *coro.Co) (int, error) {
		v, _ := number.Get(co)
		w, _ := word.Get(co)
		return v + len(w), co.Yield()
	}
	poll := func() core.Future[int] {
		return future.Then(future.Yield(), func(struct{}) core.Future[int] {
			return future.Func(func(cx *core.Context) (int, bool) {
				v, _ := number.Get(cx)
				w, _ := word.Get(cx)
				return v + len(w), true
			})
		})
	}
	tasks := make(map[string]*task.Slot[int])
	spawn := func(name string, s *task.Slot[int]) {
		tasks[name] = s
		h.Spawn(&s.Task)
	}
	root := coro.New(func(co *coro.Co) (int, error) {
		spawn("none", coro.New(local.InheritBody(co, look)))
		spawn("none, polled", task.New(local.Inherit(co, poll())))
		return 0, number.With(co, 100, func(co *coro.Co) error {
			return word.With(co, "four", func(co *coro.Co) error {
				spawn("plain", coro.New(look))
				spawn("plain, polled", task.New(poll()))
				spawn("body of body", coro.New(local.InheritBody(co, look)))
				spawn("future of body", task.New(local.Inherit(co, poll())))
				coro.Await(co, local.Scope(number, 200, future.Func(func(cx *core.Context) (int, bool) {
					spawn("body of future", coro.New(local.InheritBody(cx, look)))
					spawn("future of future", task.New(local.Inherit(cx, poll())))
					return 0, true
				})))
				spawn("grandchild", coro.New(local.InheritBody(co, func(co *coro.Co) (n int, err error) {
					err = number.With(co, 300, func(co *coro.Co) error {
						n, err = coro.Await(co, local.Inherit(co, poll()))
						return err
					})
					m, _ := look(co)
					return n*1000 + m, err
				})))
				return nil
			})
		})
	})
	h.Spawn(&root.Task)
	h.Run()
	for name, want := range map[string]int{
		"none": 0, "none, polled": 0, "plain": 0, "plain, polled": 0,
		"body of body": 104, "future of body": 104, "body of future": 204, "future of future": 204,
		"grandchild": 304104,
	} {
		if have, err, ok := tasks[name].Take(); have != want || err != nil || !ok {
			t.Errorf("%s: have %d, %v, %t, want %d", name, have, err, ok, want)
		}
	}
}

// A child inherits the values at the time of its spawn.
func TestInheritedValuesOutliveTheParent(t *testing.T) {
	h := newHost(t)
	late := coro.New(func(co *coro.Co) (int, error) { return 0, nil })
	root := coro.New(func(co *coro.Co) (int, error) {
		return 0, number.With(co, 1, func(co *coro.Co) error {
			late = coro.New(local.InheritBody(co, func(co *coro.Co) (int, error) {
				err := coro.Sleep(co, time.Hour)
				return number.Must(co), err
			}))
			return co.Spawn(&late.Task)
		})
	})
	h.Spawn(&root.Task)
	h.Run()
	if v, err, _ := late.Take(); v != 1 || err != nil {
		t.Errorf("have %d, %v", v, err)
	}
}
