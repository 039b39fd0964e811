package reactortest_test

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/reactortest"
)

func ExampleFake() {
	f := reactortest.NewFake()
	defer f.Close()
	if err := f.Add(3, 42, reactor.Readable, reactor.Edge); err != nil {
		fmt.Println(err)
	}
	f.Set(3, reactor.ReadReady)
	for range 2 {
		events, err := f.Wait(nil, time.Millisecond)
		fmt.Println(events, err)
	}
	// Output:
	// [{42 ReadReady}] <nil>
	// [] <nil>
}

func ExampleFake_Pair() {
	f := reactortest.NewFake()
	defer f.Close()
	a, b := f.Pair()
	f.Add(a.FD(), 1, reactor.Readable, reactor.Level)
	b.Write([]byte("hello"))
	b.Close()
	events, _ := f.Wait(nil, -1)
	fmt.Println(events[0].Ready&reactor.ReadReady, events[0].Ready.Allows(reactor.Read))
	// Output:
	// ReadReady true
}

// A Poller that cannot watch sockets is tested with its own kind of streams. In a package this is the body of a TestX.
func ExampleTestContract() {
	newPoller := func() (reactor.Poller, error) { return reactortest.NewFake(), nil }
	pairs := func(_ testing.TB, p reactor.Poller) (a, b reactortest.Stream) {
		return p.(*reactortest.Fake).Pair()
	}
	passed := runTest(func(t *testing.T) { reactortest.TestContract(t, newPoller, pairs) })
	fmt.Println(passed)
	// Output:
	// true
}

// runTest runs test as go test does, without output if it passes, and returns whether it has passed.
func runTest(test func(t *testing.T)) bool {
	verbose := flag.Lookup("test.v").Value
	before := verbose.String()
	verbose.Set("false")
	defer verbose.Set(before)
	all := func(pattern, name string) (bool, error) { return true, nil }
	return testing.RunTests(all, []testing.InternalTest{{Name: "TestContract", F: test}})
}
