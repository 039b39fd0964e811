package timer_test

import (
	"fmt"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
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

// Every byte that comes moves the deadline, so the connection is given up only when it is idle.
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
