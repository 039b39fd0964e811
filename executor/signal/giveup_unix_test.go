//go:build unix

package signal_test

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/lock"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/executor/signal"
)

// Regression: a signal had the token of the worker's wake, and one was taken for the other. Here a signal,
// a wake from elsewhere, and both at once reach a worker that sleeps.
func TestSignalsAndWakesAreToldApart(t *testing.T) {
	rt := newRuntime(t)
	s := notify(t, syscall.SIGUSR1)
	var wake lock.Notify
	for i := range 60 {
		signalled := executor.Go(rt, func(co *coro.Co) (os.Signal, error) { return s.Recv(co) })
		woken := executor.Do(rt, func(co *coro.Co) error { return wake.Notified(co) })
		waiting(t, rt, 2)
		switch i % 3 {
		case 0:
			raise(t, syscall.SIGUSR1)
			if _, err := join(t, signalled); err != nil {
				t.Fatal(err)
			}
			if woken.Finished() {
				t.Fatal("a signal was taken for a wake")
			}
			wake.NotifyOne()
		case 1:
			wake.NotifyOne()
			if _, err := join(t, woken); err != nil {
				t.Fatal(err)
			}
			if signalled.Finished() {
				t.Fatal("a wake was taken for a signal")
			}
			raise(t, syscall.SIGUSR1)
		case 2:
			wake.NotifyOne()
			raise(t, syscall.SIGUSR1)
		}
		if sig, err := join(t, signalled); i%3 != 0 && (err != nil || sig != syscall.SIGUSR1) {
			t.Fatalf("received %v, %v", sig, err)
		}
		if _, err := join(t, woken); i%3 != 1 && err != nil {
			t.Fatal(err)
		}
	}
}

func TestAnAbortedWaiterLosesNoSignal(t *testing.T) {
	rt := newRuntime(t)
	s := notify(t, syscall.SIGUSR1)
	recv := func(co *coro.Co) (os.Signal, error) { return s.Recv(co) }
	for range 20 {
		first := executor.Go(rt, recv)
		waiting(t, rt, 1)
		second := executor.Go(rt, recv)
		waiting(t, rt, 2)
		go first.Abort() // in a race with the signal
		raise(t, syscall.SIGUSR1)
		_, err := join(t, first)
		if err == nil {
			raise(t, syscall.SIGUSR1)
		} else if !errors.Is(err, core.ErrCancelled) {
			t.Fatal(err)
		}
		if _, err := join(t, second); err != nil {
			t.Fatal(err)
		}
	}
	if sig, err := s.TryRecv(); err != signal.ErrEmpty {
		t.Errorf("one is left: %v, %v", sig, err)
	}
}

// probe is the waker of a future that is polled by hand.
type probe struct{ wakes atomic.Int64 }

func (p *probe) Wake() { p.wakes.Add(1) }

func TestADroppedFutureLeavesTheSignalToTheNext(t *testing.T) {
	if !modetest.First() {
		return
	}
	s := notify(t, syscall.SIGUSR1)
	cx := core.NewContext(coretest.New(1))
	first, second := s.RecvFuture(), s.RecvFuture()
	poll := func(f *signal.RecvFuture, w core.Waker) (received, bool) {
		cx.ForHost().Begin(w)
		return f.Poll(cx)
	}
	var w, w2 probe
	for range 3 { // dropped, and then again
		w.wakes.Store(0)
		w2.wakes.Store(0)
		if _, ok := poll(&first, &w); ok {
			t.Fatal("the first returns without a signal")
		}
		if _, ok := poll(&second, &w2); ok {
			t.Fatal("the second returns without a signal")
		}
		raise(t, syscall.SIGUSR1)
		eventually(t, "the first is woken", func() bool { return w.wakes.Load() == 1 })
		if _, ok := poll(&second, &w2); ok {
			t.Fatal("the second has overtaken the first")
		}
		first.Drop() // it was woken, and does not know
		if w2.wakes.Load() != 1 {
			t.Fatalf("the second was woken %d times, want once", w2.wakes.Load())
		}
		if r, ok := poll(&second, &w2); !ok || r.Err != nil || r.Value != syscall.SIGUSR1 {
			t.Fatalf("the second received %v, %v", r, ok)
		}
	}
	poll(&first, &w)
	raise(t, syscall.SIGUSR1)
	eventually(t, "the first is woken", func() bool { return w.wakes.Load() == 2 })
	first.Drop()
	if sig, err := s.TryRecv(); err != nil || sig != syscall.SIGUSR1 {
		t.Errorf("what a dropped future had: %v, %v", sig, err)
	}
	if n := testing.AllocsPerRun(100, func() {
		poll(&first, &w)
		first.Drop()
	}); n != 0 {
		t.Errorf("%v allocations for a wait, want none", n)
	}
}

func TestACancelledReceiveSaysWhy(t *testing.T) {
	rt := newRuntime(t)
	s := notify(t, syscall.SIGUSR1)
	why := errors.New("why")
	do(t, rt, func(co *coro.Co) error {
		rounds := 0
		coro.WithCancel(co, func(co *coro.Co, cancel func(error)) error {
			cancel(why)
			for sig, err := range s.All(co) {
				if rounds++; sig != nil || !errors.Is(err, why) {
					t.Errorf("received %v, %v, want the cause", sig, err)
				}
			}
			return nil
		})
		if rounds != 1 {
			t.Errorf("%d rounds, want one with the error", rounds)
		}
		return nil
	})
	ctx, cancel := context.WithCancelCause(context.Background())
	done := make(chan struct{})
	go func() { cancel(why); close(done) }()
	if sig, err := s.RecvWait(ctx); sig != nil || err != why {
		t.Errorf("received %v, %v, want the cause", sig, err)
	}
	<-done
	raise(t, syscall.SIGUSR1)
	if sig, err := s.RecvWait(ctx); sig != nil || err != why {
		t.Errorf("received %v, %v, want the cause: ctx was done before", sig, err)
	}
	s.Close()
	wantRest(t, s, syscall.SIGUSR1)
}

func TestAStreamOutlivesTheRuntimeThatWaitsOnIt(t *testing.T) {
	s := notify(t, syscall.SIGUSR1)
	for range 3 {
		rt := makeRuntime(t, executor.Options{})
		h := executor.Go(rt, func(co *coro.Co) (os.Signal, error) { return s.Recv(co) })
		waiting(t, rt, 1)
		if err := rt.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := join(t, h); !errors.Is(err, core.ErrShutdown) {
			t.Fatalf("the task of a closed runtime returned %v", err)
		}
	}
	raise(t, syscall.SIGUSR1)
	do(t, newRuntime(t), func(co *coro.Co) error {
		_, err := s.Recv(co)
		return err
	})
}
