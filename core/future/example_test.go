package future_test

import (
	"fmt"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
)

// await runs f on a host for tests. A program spawns it on a runtime, or awaits it in a coroutine.
func await[T any](f core.Future[T]) T {
	h := coretest.New(1)
	defer h.Close()
	s := task.New(f)
	if err := h.Spawn(&s.Task); err != nil {
		panic(err)
	}
	h.Run()
	value, err, done := s.Take()
	if err != nil || !done {
		panic(fmt.Sprint("no value: ", err))
	}
	return value
}

// after completes with v once d has passed on the host's clock, which here moves as soon as all tasks wait.
func after[T any](d time.Duration, v T) core.Future[T] {
	return &delayed[T]{d: d, v: v}
}

type delayed[T any] struct {
	d     time.Duration
	v     T
	host  core.Host
	entry wheel.Entry
}

func (f *delayed[T]) Poll(cx *core.Context) (value T, ok bool) {
	f.entry.Waker = cx.Waker()
	switch {
	case f.host == nil:
		f.host = cx.Host()
		f.host.Arm(&f.entry, cx.Now()+f.d)
		return value, false
	case f.entry.Armed():
		return value, false
	}
	return f.v, true
}

func (f *delayed[T]) Drop() {
	if f.host != nil {
		f.host.Disarm(&f.entry)
	}
	fmt.Println("dropped:", f.v)
}

func ExampleReady() {
	fmt.Println(await(future.Ready("here")))
	// Output: here
}

func ExampleFunc() {
	tries := 0
	third := future.Func(func(cx *core.Context) (int, bool) {
		if tries++; tries < 3 {
			cx.Wake(cx.Waker()) // or there would be no other poll
			return 0, false
		}
		return tries, true
	})
	fmt.Println(await(third))
	// Output: 3
}

func ExamplePending() {
	limit := future.Pending[string]() // no limit
	fmt.Println(await(future.Race(limit, after(time.Second, "done"))).Value)
	// Output: done
}

func ExampleYield() {
	fmt.Println(await(future.Map(future.Yield(), func(struct{}) string { return "polled again" })))
	// Output: polled again
}

func ExampleMap() {
	length := future.Map(after(time.Second, "hello"), func(s string) int { return len(s) })
	fmt.Println(await(length))
	// Output: 5
}

func ExampleThen() {
	reply := future.Then(after(time.Second, "host"), func(name string) core.Future[string] {
		return after(time.Second, "reply of "+name)
	})
	fmt.Println(await(reply))
	// Output: reply of host
}

func ExampleJoin2() {
	both := await(future.Join2(after(time.Second, "slow"), after(time.Millisecond, 1)))
	fmt.Println(both.First, both.Second)
	// Output: slow 1
}

func ExampleJoin3() {
	all := await(future.Join3(after(time.Second, "slow"), future.Ready(1), future.Ready(true)))
	fmt.Println(all.First, all.Second, all.Third)
	// Output: slow 1 true
}

func ExampleJoinAll() {
	var fs []core.Future[int]
	for i := range 5 {
		fs = append(fs, after(time.Duration(5-i)*time.Second, i*i))
	}
	fmt.Println(await(future.JoinAll(fs)))
	// Output: [0 1 4 9 16]
}

func ExampleRace() {
	w := await(future.Race(after(time.Minute, "tortoise"), after(time.Second, "hare")))
	fmt.Println(w.Index, w.Value)
	// Output:
	// dropped: tortoise
	// 1 hare
}

func ExampleSelect2() {
	e := await(future.Select2(after(time.Second, "message"), after(time.Minute, time.Minute)))
	if e.Index == 0 {
		fmt.Println("received", e.First)
	} else {
		fmt.Println("timed out after", e.Second)
	}
	// Output:
	// dropped: 1m0s
	// received message
}
