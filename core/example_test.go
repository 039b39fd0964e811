package core_test

import (
	"context"
	"fmt"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
)

// A countdown completes after a number of ticks. It holds a timer while it is pending, so it is a
// Dropper too.
type countdown struct {
	left  int
	tick  time.Duration
	host  core.Host // set by the first poll
	entry wheel.Entry
}

func (c *countdown) Poll(cx *core.Context) (string, bool) {
	switch {
	case c.host == nil:
		c.host = cx.Host() // the context is gone when Drop is called
		c.entry.Waker = cx.Waker()
	case c.entry.Armed():
		return "", false // woken for another reason; the timer will wake the task
	default:
		fmt.Println(c.left)
		c.left--
	}
	if c.left == 0 {
		return "lift-off", true
	}
	c.host.Arm(&c.entry, cx.Now()+c.tick)
	return "", false
}

func (c *countdown) Drop() {
	if c.host != nil {
		c.host.Disarm(&c.entry)
	}
	fmt.Println("called off at", c.left)
}

// A future by hand: a state machine that arranges for its waker to be woken before it returns pending.
func Example() {
	h := coretest.New(1)
	defer h.Close()

	s := task.New(&countdown{left: 3, tick: time.Second})
	h.Spawn(&s.Task)
	h.Run() // the clock of this host moves by itself
	value, _, _ := s.Take()
	fmt.Println(value, "after", h.Now())
	// Output:
	// 3
	// 2
	// 1
	// lift-off after 3s
}

func ExampleDropper() {
	h := coretest.New(1)
	defer h.Close()

	s := task.New(&countdown{left: 3, tick: time.Second})
	h.Spawn(&s.Task)
	h.Step()
	h.Advance(time.Second)
	h.Step()
	s.Abort()
	h.Run()
	_, err, _ := s.Take()
	fmt.Println(err, "after", h.Now())
	// Output:
	// 3
	// called off at 2
	// task was cancelled after 1s
}

// A poll with many operations yields in between.
func ExampleContext_Spend() {
	h := coretest.New(1)
	defer h.Close()

	s := task.New(&batch{left: 300})
	h.Spawn(&s.Task)
	h.Run()
	polls, _, _ := s.Take()
	fmt.Println(polls, "polls")
	// Output: 3 polls
}

type batch struct{ left, polls int }

func (b *batch) Poll(cx *core.Context) (int, bool) {
	b.polls++
	for b.left > 0 {
		if !cx.Spend() {
			return 0, false // and the task has been woken
		}
		b.left--
	}
	return b.polls, true
}

func ExampleWakerFunc() {
	w := core.WakerFunc(func() { fmt.Println("woken") })
	w.Wake()
	w.Wake()
	// Output:
	// woken
	// woken
}

// A deadline parsed from text has no monotonic reading.
func ExampleTimeOn() {
	h := coretest.New(1)
	defer h.Close()
	at, _ := time.Parse(time.RFC3339, "2026-01-01T00:01:00Z")
	fmt.Println(core.TimeOn(h, at))
	// Output: 1m0s
}

// A deadline from a file or a message gets a monotonic reading once, before it is stored.
func ExampleMonotonic() {
	at := time.Unix(time.Now().Unix()+3600, 0)
	kept := core.Monotonic(at)
	fmt.Println(at.String() == kept.String(), time.Until(kept) > 59*time.Minute)
	// Output: false true
}

// A pool keeps the Spawner that it is given. Its user has only the context of a poll.
type pool struct{ spawner core.Spawner }

func newPool(s core.Spawner) *pool { return &pool{core.Kept(s)} }

func ExampleKept() {
	host := coretest.New(1)
	defer host.Close()
	var p *pool
	host.Spawn(&task.New(future.Func(func(cx *core.Context) (int, bool) {
		p = newPool(cx)
		return 0, true
	})).Task)
	host.Run()
	err := p.spawner.Spawn(&task.New(future.Func(func(*core.Context) (int, bool) {
		fmt.Println("spawned after the poll")
		return 0, true
	})).Task)
	host.Run()
	fmt.Println(err)
	// Output:
	// spawned after the poll
	// <nil>
}

// A list of values has those of a context, too.
func ExampleValues_WithContext() {
	type key string
	ctx := context.WithValue(context.Background(), key("span"), "fetch")
	values := (*core.Values)(nil).With(key("user"), "ann").WithContext(ctx)
	for _, k := range []key{"user", "span", "none"} {
		fmt.Println(values.Lookup(k))
	}
	// Output:
	// ann true
	// fetch true
	// <nil> false
}
