package executor_test

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/joinhandle"
	"github.com/moduvex/moduvex-go/reactor"
)

const idleChild = "idle"

func init() { children[idleChild] = beIdle }

// beIdle holds a runtime in which tasks of all kinds wait on every worker, until its standard input
// ends. Reading that is a single system call, which is under way all the time.
func beIdle() {
	check := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	rt, err := executor.New(idleOptions())
	check(err)
	var tasks []joinhandle.AbortHandle
	var gates []*gate
	wait := func(s core.Spawner) {
		a, _, err := newSocketPair()
		check(err)
		input := executor.Spawn(s, future.Func(func(cx *core.Context) (int, bool) {
			reg, err := cx.Host().IO().(*reactor.Reactor).Register(a.FD(), reactor.Readable|reactor.Writable)
			check(err)
			_, ready := reg.PollReady(cx.Waker(), reactor.Read)
			return 0, ready
		}))
		g := &gate{}
		gates = append(gates, g)
		sleeping := executor.Go(s, func(co *coro.Co) (int, error) { return 0, coro.Sleep(co, time.Hour) })
		tasks = append(tasks, input.AbortHandle(), executor.Spawn[int](s, g).AbortHandle(), sleeping.AbortHandle())
	}
	wait(rt)
	for i := range rt.Workers() {
		wait(rt.On(i))
	}
	executor.SpawnBlocking(rt, func() (int, error) { return 0, nil })
	polled := func(g *gate) bool { return g.polls.Load() != 0 }
	for !executor.Parked(rt) || !executor.WatchdogAsleep(rt) || !all(gates, polled) {
		time.Sleep(time.Millisecond)
	}
	fmt.Println(idleMark)
	os.Stdin.Read(make([]byte, 1))
	if !all(tasks, func(h joinhandle.AbortHandle) bool { return !h.Finished() }) {
		panic("a task has ended")
	}
	check(rt.Close())
	fmt.Println("closed")
}

func all[T any](list []T, f func(T) bool) bool {
	return !slices.ContainsFunc(list, func(v T) bool { return !f(v) })
}

// Regression: parking had a cap, so that an idle process made a hundred system calls a second.
//
// The child is traced from its start. Once it says that it is idle, there must come two seconds in
// which the trace does not grow. They need not begin at once: Go's monitor thread looks after
// threads that are in system calls for some milliseconds before it goes to sleep.
func TestIdleRuntimeMakesNoSystemCall(t *testing.T) {
	const window = 2 * time.Second
	mode := modetest.Options(executor.Options{})
	if mode.Workers != 1 && mode.Workers != 8 {
		t.Skip("one worker and eight will do: it takes seconds")
	}
	c := startTraced(t, idleChild, mode)
	settled := c.settle(t, window)
	t.Logf("%d lines of trace until the runtime was idle, none in %v after that", settled, window)
	if said := c.end(t); said != "closed" {
		t.Errorf("the child did not close its runtime, and said %q", said)
	}
	if n := lines(t, c.trace); n <= settled {
		t.Errorf("the end of the child is not in the trace: %d lines", n)
	}
}
