package reactortest_test

import (
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

// A backend's test of its Poller is this one call.
func ExampleTestPoller() {
	newPoller := func() (reactor.Poller, error) { return reactortest.NewFake(), nil } // epoll.New, say
	_ = func(t *testing.T) { reactortest.TestPoller(t, newPoller) }
}

// A Poller that cannot watch sockets brings its own streams.
func ExampleTestContract() {
	newPoller := func() (reactor.Poller, error) { return reactortest.NewFake(), nil }
	pairs := func(_ testing.TB, p reactor.Poller) (a, b reactortest.Stream) {
		return p.(*reactortest.Fake).Pair()
	}
	_ = func(t *testing.T) { reactortest.TestContract(t, newPoller, pairs) }
}
