package executor_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
)

const restChild = "rest"

func init() { children[restChild] = beAtRest }

// beAtRest holds a runtime whose workers have spun a lot and have nothing to do any more, until its standard input
// ends. It prints whether a worker has spun in the meantime: no system call tells that.
func beAtRest() {
	check := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	rt, err := executor.New(idleOptions())
	check(err)
	for _, h := range volleys(rt, 2000) {
		<-h.Done()
	}
	for !executor.Parked(rt) || !executor.WatchdogAsleep(rt) {
		time.Sleep(time.Millisecond)
	}
	before := rt.Stats()
	fmt.Println(idleMark)
	os.Stdin.Read(make([]byte, 1))
	after := rt.Stats()
	fmt.Printf("could spin: %t, spun: %t, then %d spins and %d sleeps more, parked: %t\n", executor.CanSpin(rt),
		before.Spins != 0, after.Spins-before.Spins, after.Parks-before.Parks, executor.Parked(rt))
	check(rt.Close())
}

// A runtime whose workers have spun stops that for good when it has nothing to do: see also
// TestIdleRuntimeMakesNoSystemCall.
func TestARuntimeThatBecomesIdleStopsSpinning(t *testing.T) {
	const window = 2 * time.Second
	mode := modetest.Options(executor.Options{})
	if mode.Workers != 2 && mode.Workers != 8 {
		t.Skip("two workers and eight will do: it takes seconds")
	}
	c := startTraced(t, restChild, mode)
	c.settle(t, window)
	could := startRuntime(t, executor.Options{Workers: mode.Workers})
	want := fmt.Sprintf("could spin: %[1]t, spun: %[1]t, then 0 spins and 0 sleeps more, parked: true", executor.CanSpin(could))
	if said := c.end(t); said != want {
		t.Errorf("after %v at rest: %s; want %s", window, said, want)
	}
}
