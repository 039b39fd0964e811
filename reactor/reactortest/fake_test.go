package reactortest_test

import (
	"errors"
	"testing"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/reactortest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFakeKeepsTheContract(t *testing.T) {
	reactortest.TestContract(t,
		func() (reactor.Poller, error) { return reactortest.NewFake(), nil },
		func(_ testing.TB, p reactor.Poller) (a, b reactortest.Stream) { return p.(*reactortest.Fake).Pair() })
}

func TestRearmFakeKeepsTheContract(t *testing.T) {
	reactortest.TestContract(t,
		func() (reactor.Poller, error) { return reactortest.NewRearmFake(), nil },
		func(_ testing.TB, p reactor.Poller) (a, b reactortest.Stream) {
			return p.(reactortest.RearmFake).Pair()
		})
}

func TestFakeFailsOnRequest(t *testing.T) {
	f := reactortest.NewFake()
	broken := errors.New("broken")
	f.FailNext("add", broken)
	if err := f.Add(1, 1, reactor.Readable, reactor.Level); !errors.Is(err, broken) {
		t.Fatalf("Add: %v", err)
	}
	if _, _, _, ok := f.Registered(1); ok {
		t.Fatal("a failed Add registered")
	}
	if err := f.Add(1, 1, reactor.Readable, reactor.Level); err != nil {
		t.Fatal(err)
	}
	if n := f.Calls("add"); n != 2 {
		t.Fatalf("%d calls of Add", n)
	}
	f.FailNext("close", broken)
	if err := f.Close(); !errors.Is(err, broken) {
		t.Fatalf("Close: %v", err)
	}
	if err := f.Close(); !errors.Is(err, reactor.ErrClosed) {
		t.Fatalf("second Close: %v", err)
	}
}
