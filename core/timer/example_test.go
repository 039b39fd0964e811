package timer_test

import (
	"fmt"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/core/timer"
)

func ExampleSleep() {
	host := coretest.New(1) // its clock jumps from deadline to deadline
	defer host.Close()

	nap := task.New[struct{}](timer.Sleep(20 * time.Minute))
	host.Spawn(&nap.Task)
	host.Run()

	fmt.Println(nap.Finished(), host.Now())
	// Output: true 20m0s
}

func ExampleSleepUntil() {
	host := coretest.New(1)
	defer host.Close()

	noon := host.Epoch().Add(12 * time.Hour)
	nap := task.New[struct{}](timer.SleepUntil(noon))
	host.Spawn(&nap.Task)
	host.Run()

	fmt.Println(nap.Finished(), host.Now())
	// Output: true 12h0m0s
}

func ExampleTimeout() {
	host := coretest.New(1)
	defer host.Close()

	slow := timer.Sleep(time.Hour)
	limited := task.New(timer.Timeout(time.Second, slow))
	host.Spawn(&limited.Task)
	host.Run()

	result, _, _ := limited.Take()
	fmt.Println(result.Err, host.Now())
	// Output: core: deadline exceeded 1s
}

// A round that takes too long makes a tick late; Skip discards the ticks that it missed.
func ExampleInterval_Tick() {
	host := coretest.New(1)
	defer host.Close()

	poller := coro.New(func(co *coro.Co) (int, error) {
		ticker := timer.NewInterval(10*time.Second, timer.IntervalOptions{Missed: timer.Skip})
		for round := range 4 {
			due, err := ticker.Tick(co)
			if err != nil {
				return 0, err
			}
			fmt.Println("due", due.Sub(host.Epoch()), "at", host.Now())
			if round == 1 {
				coro.Sleep(co, 25*time.Second)
			}
		}
		return 0, nil
	})
	host.Spawn(&poller.Task)
	host.Run()
	// Output:
	// due 10s at 10s
	// due 20s at 20s
	// due 30s at 45s
	// due 50s at 50s
}

func ExampleInterval_Ticks() {
	host := coretest.New(1)
	defer host.Close()

	clock := coro.New(func(co *coro.Co) (int, error) {
		now := timer.IntervalOptions{AtOnce: true}
		for at, err := range timer.NewInterval(time.Hour, now).Ticks(co) {
			if err != nil || at.Hour() == 3 {
				return 0, err
			}
			fmt.Println(at.Hour(), "o'clock")
		}
		return 0, nil
	})
	host.Spawn(&clock.Task)
	host.Run()
	// Output:
	// 0 o'clock
	// 1 o'clock
	// 2 o'clock
}

// In poll style, the interval completes at each tick.
func ExampleNewInterval() {
	host := coretest.New(1)
	defer host.Close()

	ticker := timer.NewInterval(time.Minute, timer.IntervalOptions{})
	three := task.New(future.Func(func(cx *core.Context) (time.Duration, bool) {
		for {
			due, ok := ticker.Poll(cx)
			if !ok {
				return 0, false
			}
			if at := due.Sub(host.Epoch()); at == 3*time.Minute {
				return at, true
			}
		}
	}))
	host.Spawn(&three.Task)
	host.Run()

	fmt.Println(three.Take())
	// Output: 3m0s <nil> true
}

// Every byte that arrives moves the deadline, so the connection is given up only when it is idle.
func ExampleTimer_Reset() {
	host := coretest.New(1)
	defer host.Close()

	conn := &conn{bytes: 3}
	conn.arrival.Reset(40 * time.Second)
	conn.idle.Reset(time.Minute)
	reader := task.New[string](conn)
	host.Spawn(&reader.Task)
	host.Run()

	why, _, _ := reader.Take()
	fmt.Println(why, host.Now())
	// Output: idle for a minute 3m0s
}

// A conn gets a byte every 40 seconds, until there are none left.
type conn struct {
	bytes         int
	arrival, idle timer.Timer
}

func (c *conn) Poll(cx *core.Context) (string, bool) {
	for c.bytes > 0 {
		if _, arrived := c.arrival.Poll(cx); !arrived {
			break
		}
		c.bytes--
		c.arrival.Reset(40 * time.Second)
		c.idle.Reset(time.Minute)
	}
	if _, over := c.idle.Poll(cx); over {
		return "idle for a minute", true
	}
	return "", false
}

func (c *conn) Drop() {
	c.arrival.Drop()
	c.idle.Drop()
}
