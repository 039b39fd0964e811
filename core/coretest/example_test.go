package coretest_test

import (
	"fmt"
	"time"

	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/core/timer"
)

// An hour of sleep takes no time: the clock moves when every task waits.
func ExampleHost_Run() {
	h := coretest.New(1)
	defer h.Close()

	s := task.New(&sleep{d: time.Hour})
	h.Spawn(&s.Task)
	h.Run()
	woken, _, _ := s.Take()
	fmt.Println(woken)
	// Output: 1h0m0s
}

// A test of code that never ends runs it for a given time.
func ExampleHost_RunFor() {
	h := coretest.New(1)
	defer h.Close()

	beats := 0
	heart := coro.New(func(co *coro.Co) (int, error) {
		for _, err := range timer.NewInterval(time.Second, timer.IntervalOptions{}).Ticks(co) {
			if err != nil {
				return beats, err
			}
			beats++
		}
		return beats, nil
	})
	h.Spawn(&heart.Task)

	h.RunFor(time.Minute)
	fmt.Println(beats, "beats at", h.Now())
	// Output: 60 beats at 1m0s
}

// Step by step, a test sees every state in between.
func ExampleHost_Step() {
	h := coretest.New(1)
	defer h.Close()

	s := task.New(&sleep{d: time.Second})
	h.Spawn(&s.Task)
	fmt.Println(s.State())
	h.Step()
	fmt.Println(s.State())
	h.Advance(time.Second)
	fmt.Println(s.State())
	h.Step()
	fmt.Println(s.State())
	// Output:
	// scheduled
	// idle
	// scheduled
	// completed
}
