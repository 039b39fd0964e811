package udp_test

import (
	"errors"
	"sync/atomic"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/udp"
)

// A try that finds nothing takes readiness back: the read after it must wait for what comes later.
func TestReadAfterTryThatFoundNothing(t *testing.T) {
	rt := nettest.NewRuntime(t)
	a, b := pair(t)
	read := func() nettest.Handle {
		return executor.Do(rt, func(co *coro.Co) error { _, err := want(co, b, "x"); return err })
	}
	h := read()
	for range 20 {
		nettest.Settle(rt)
		a.TryWrite([]byte("x"))
		if err := nettest.Finish(t, h); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := b.TryRead(make([]byte, 1)); ok || err != nil {
			t.Fatalf("read twice: %v, %v", ok, err)
		}
		h = read()
		if testing.Short() {
			break
		}
	}
	a.TryWrite([]byte("x"))
	if err := nettest.Finish(t, h); err != nil {
		t.Fatal(err)
	}
}

// Regression: of two tasks in recv_from one hung.
func TestSeveralTasksReadOneSocket(t *testing.T) {
	rt := nettest.NewRuntime(t)
	a, b := pair(t)
	const readers = 20
	var got atomic.Int32
	var hs []nettest.Handle
	for range readers {
		hs = append(hs, executor.Do(rt, func(co *coro.Co) error {
			_, err := want(co, b, "x")
			got.Add(1)
			return err
		}))
	}
	nettest.Settle(rt)
	for range readers {
		a.TryWrite([]byte("x"))
	}
	for _, h := range hs {
		if err := nettest.Finish(t, h); err != nil {
			t.Error(err)
		}
	}
}

// Regression: readable and writable replaced each other's interest.
func TestReadWaitsBesideWrites(t *testing.T) {
	rt := nettest.NewRuntime(t)
	a, b := pair(t)
	r := executor.Do(rt, func(co *coro.Co) error { _, err := want(co, b, "x"); return err })
	nettest.Settle(rt)
	nettest.Do(t, rt, func(co *coro.Co) error {
		for range 100 {
			if err := b.WaitWritable(co); err != nil {
				return err
			}
			if _, err := b.Write(co, []byte("y")); err != nil {
				return err
			}
			if _, err := want(co, a, "y"); err != nil {
				return err
			}
		}
		_, err := a.Write(co, []byte("x"))
		return err
	})
	if err := nettest.Finish(t, r); err != nil {
		t.Error(err)
	}
}

// Regression: any second poll of readable reported ready.
func TestReadableOnlyWhileThereIsSomething(t *testing.T) {
	rt := nettest.NewRuntime(t)
	a, b := pair(t)
	var ready atomic.Int32
	h := executor.Do(rt, func(co *coro.Co) error {
		for range 3 {
			if err := b.WaitReadable(co); err != nil {
				return err
			}
			ready.Add(1)
			for ok := true; ok; {
				var err error
				if _, ok, err = b.TryRead(make([]byte, 10)); err != nil {
					return err
				}
			}
		}
		return nil
	})
	for i := range int32(3) {
		nettest.Settle(rt)
		if got := ready.Load(); got != i {
			t.Fatalf("readable %d times after %d datagrams", got, i)
		}
		a.TryWrite([]byte("ab"))
	}
	if err := nettest.Finish(t, h); err != nil {
		t.Error(err)
	}
}

func TestBudgetMakesReaderYield(t *testing.T) {
	rt := nettest.NewRuntime(t)
	a, b := pair(t)
	nettest.Do(t, rt, func(co *coro.Co) error {
		const datagrams = 2 * core.DefaultBudget
		var other atomic.Bool
		executor.Do(co, func(*coro.Co) error { other.Store(true); return nil })
		for i := range datagrams {
			if _, err := a.Write(co, []byte("x")); err != nil {
				return err
			}
			if _, err := want(co, b, "x"); err != nil {
				return err
			}
			if i > core.DefaultBudget && !other.Load() && !modetest.Stealing() { // stolen, it may take its time
				return errors.New("no other task has been polled")
			}
		}
		return nil
	})
}

func TestNoReactorIsAnError(t *testing.T) {
	s := bind(t)
	host := coretest.New(1)
	defer host.Close()
	cx := host.Context()
	cx.ForHost().Begin(core.WakerFunc(func() {}))
	_, _, ready, err := s.PollReadFrom(cx, make([]byte, 1))
	if !ready {
		t.Fatal("pending for ever")
	}
	wantIs(t, err, "read", errors.ErrUnsupported)
	_, ready, err = s.PollReadBatch(cx, make([]udp.Message, 1))
	if !ready {
		t.Fatal("pending for ever")
	}
	wantIs(t, err, "read", errors.ErrUnsupported)
}
