package task_test

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
)

func ExampleNew() {
	h := coretest.New(1)
	defer h.Close()

	s := task.New(future.Ready("done"))
	if err := h.Spawn(&s.Task); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.State())
	h.Run()
	value, err, finished := s.Take()
	fmt.Println(s.State(), value, err, finished)
	// Output:
	// scheduled
	// completed done <nil> true
}

// The task and its future are one allocation.
func ExampleNewValue() {
	s := task.NewValue[string](greeting{"world"})

	h := coretest.New(1)
	defer h.Close()
	h.Spawn(&s.Task)
	h.Run()

	value, err, done := s.Take()
	fmt.Println(value, err, done)
	// Output: hello world <nil> true
}

type greeting struct{ whom string }

func (g *greeting) Poll(*core.Context) (string, bool) { return "hello " + g.whom, true }

func ExampleTask_Abort() {
	h := coretest.New(1)
	defer h.Close()

	s := task.New(future.Pending[int]())
	h.Spawn(&s.Task)
	h.Run() // it waits for nothing, for ever

	fmt.Println("took:", s.Abort(), s.Finished())
	h.Run() // the worker drops the future, then resolves the join
	_, err, _ := s.Take()
	fmt.Println("joined:", err, errors.Is(err, core.ErrCancelled))
	fmt.Println("took:", s.Abort())
	// Output:
	// took: true false
	// joined: task was cancelled true
	// took: false
}

func ExampleTask_Watch() {
	h := coretest.New(1)
	defer h.Close()

	s := task.New(future.Ready(42))
	h.Spawn(&s.Task)
	watching := s.Watch(core.WakerFunc(func() { fmt.Println("it has finished") }))
	fmt.Println("watching:", watching)
	h.Run()
	// Output:
	// watching: true
	// it has finished
}

func ExamplePanicError() {
	h := coretest.New(1)
	defer h.Close()

	s := task.New(future.Func(func(*core.Context) (int, bool) { panic("out of cheese") }))
	h.Spawn(&s.Task)
	h.Run()
	_, err, _ := s.Take()
	var p *task.PanicError
	fmt.Println(errors.As(err, &p), err)
	// Output: true task panicked: out of cheese
}

// A worker sleeps in its poller, and other goroutines push tasks into its inbox. Exactly one push
// for each time that it sleeps has to notify the poller.
func ExampleInbox() {
	var (
		inbox  task.Inbox
		ready  task.Queue
		notify = make(chan struct{}, 1) // in place of a reactor
	)
	go func() {
		if wake, ok := inbox.Push(&task.New(future.Ready(1)).Task); ok && wake {
			notify <- struct{}{}
		}
	}()
	for ready.Len() == 0 {
		if inbox.Park() {
			<-notify
			inbox.Unpark()
		}
		inbox.TakeAll(&ready)
	}
	fmt.Println(ready.Len(), "task")
	// Output: 1 task
}

// Each waker of a set is woken once, in the order in which it was added.
func ExampleWakerSet() {
	var set task.WakerSet
	for _, name := range []string{"first", "second", "third"} {
		set.Add(core.WakerFunc(func() { fmt.Println(name) }))
	}
	all := set.TakeAll()
	fmt.Println("empty:", set.Empty())
	all.Wake()
	// Output:
	// empty: true
	// first
	// second
	// third
}

// An item wakes one of the wakers that wait, and another one if the first gives up.
func ExampleWaitQueue() {
	var queue task.WaitQueue
	waker := func(name string) core.Waker {
		return core.WakerFunc(func() { fmt.Println(name, "is woken") })
	}
	a, b, c := waker("a"), waker("b"), waker("c")
	queue.Wait(a)
	queue.Wait(b)
	queue.Wait(c)
	wake := queue.Next(1) // an item has come
	wake.Wake()
	queue.Leave(a) // a was woken, and gives up
	wake = queue.Next(1)
	wake.Wake()
	queue.Leave(b) // b takes the item
	wake = queue.Next(0)
	fmt.Println(wake.Empty())
	// Output:
	// a is woken
	// b is woken
	// true
}

type onEnd struct{ users int }

func (e *onEnd) Wake() { fmt.Println("woken once for", e.users) }

// All users that watch a task in this way share one waker.
func ExampleWatchShared() {
	h := coretest.New(1)
	defer h.Close()
	t := task.New(future.Ready(1))
	h.Spawn(&t.Task)
	for range 3 {
		e, _ := task.WatchShared(&t.Task, func() *onEnd { return &onEnd{} })
		e.users++
	}
	h.Run()
	// Output: woken once for 3
}

// The error of another task's panic, which a body returns, is no panic of its own task.
func ExampleSlot_TakeEnd() {
	host := coretest.New(1)
	defer host.Close()
	crash := coro.New(func(*coro.Co) (int, error) { panic("out of luck") })
	passes := coro.New(func(*coro.Co) (int, error) {
		_, err, _ := crash.Take()
		return 0, err
	})
	host.Spawn(&crash.Task)
	host.Run()
	host.Spawn(&passes.Task)
	host.Run()
	_, failed, _, err := passes.TakeEnd()
	fmt.Println(err, failed)
	// Output: task panicked: out of luck false
}

// A host runs its tasks so that no panic or Goexit ends it.
func ExampleRecovered() {
	contain := func(f func()) {
		returned := false
		defer func() {
			v := recover()
			if returned {
				return
			}
			if err := task.Recovered(v); err != nil {
				fmt.Println("panic:", err.Value)
			} else {
				fmt.Println("Goexit")
			}
		}()
		f()
		returned = true
	}
	contain(func() {})
	contain(func() { panic("out of luck") })
	done := make(chan struct{})
	go func() {
		defer close(done)
		contain(runtime.Goexit)
	}()
	<-done
	// Output:
	// panic: out of luck
	// Goexit
}
