//go:build unix

package signal_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/lock"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/internal/modetest"
	"github.com/moduvex/moduvex-go/executor/signal"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// notify opens a stream that is closed at the end of the test.
func notify(t testing.TB, sigs ...os.Signal) *signal.Stream {
	s := signal.NewStream(sigs...)
	t.Cleanup(s.Close)
	return s
}

// wantRest fails unless a closed stream holds want, in any order.
func wantRest(t *testing.T, s *signal.Stream, want ...os.Signal) {
	t.Helper()
	var got []os.Signal
	for {
		sig, err := s.TryRecv()
		if err == signal.ErrClosed {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, sig)
	}
	byNumber := func(a, b os.Signal) int { return int(a.(syscall.Signal)) - int(b.(syscall.Signal)) }
	slices.SortFunc(got, byNumber)
	if !slices.Equal(got, want) {
		t.Errorf("the stream held %v, want %v", got, want)
	}
}

// received is what a receive returns.
type received = core.Result[os.Signal]

// A form starts a receive somewhere.
type form struct {
	name  string
	tasks int // of the runtime that wait
	start func(rt *executor.Runtime, s *signal.Stream) <-chan received
}

// forms are the ways to wait for a signal.
var forms = []form{
	{"a body", 1, func(rt *executor.Runtime, s *signal.Stream) <-chan received {
		c := make(chan received, 1)
		executor.Go(rt, func(co *coro.Co) (struct{}, error) {
			sig, err := s.Recv(co)
			c <- received{Value: sig, Err: err}
			return struct{}{}, nil
		})
		return c
	}},
	{"a future", 1, func(rt *executor.Runtime, s *signal.Stream) <-chan received {
		c := make(chan received, 1)
		f := s.RecvFuture()
		h := executor.Spawn[received](rt, &f)
		go func() {
			r, err := h.Wait(context.Background())
			c <- received{Value: r.Value, Err: errors.Join(err, r.Err)}
		}()
		return c
	}},
	{"a goroutine", 0, func(_ *executor.Runtime, s *signal.Stream) <-chan received {
		c := make(chan received, 1)
		go func() {
			sig, err := s.RecvWait(context.Background())
			c <- received{Value: sig, Err: err}
		}()
		return c
	}},
	{"a range of a body", 1, func(rt *executor.Runtime, s *signal.Stream) <-chan received {
		c := make(chan received, 1)
		executor.Go(rt, func(co *coro.Co) (struct{}, error) {
			for sig, err := range s.All(co) {
				c <- received{Value: sig, Err: err}
				return struct{}{}, nil
			}
			c <- received{Err: signal.ErrClosed}
			return struct{}{}, nil
		})
		return c
	}},
	{"a range of a goroutine", 0, func(_ *executor.Runtime, s *signal.Stream) <-chan received {
		c := make(chan received, 1)
		go func() {
			for sig, err := range s.AllWait(context.Background()) {
				c <- received{Value: sig, Err: err}
				return
			}
			c <- received{Err: signal.ErrClosed}
		}()
		return c
	}},
}

// Regression: a second signal never arrived.
func TestSignalsArriveAgainAndAgain(t *testing.T) {
	rt := newRuntime(t)
	s := notify(t, syscall.SIGUSR1, syscall.SIGUSR2)
	for i := range 20 {
		want := []syscall.Signal{syscall.SIGUSR1, syscall.SIGUSR2}[i%2]
		f := forms[i/2%len(forms)]
		got := f.start(rt, s)
		if i%3 > 0 {
			waiting(t, rt, f.tasks)
		}
		raise(t, want)
		if r := receive(t, f.name+" receives", got); r.Err != nil || r.Value != want {
			t.Fatalf("%s received %v, %v, want %v", f.name, r.Value, r.Err, want)
		}
	}
}

// Regression: of several waiters one got it.
func TestEveryStreamGetsTheSignal(t *testing.T) {
	rts := []*executor.Runtime{newRuntime(t), newRuntime(t)}
	var streams []*signal.Stream
	for range len(forms) * len(rts) {
		streams = append(streams, notify(t, syscall.SIGUSR1))
	}
	for range 3 {
		var all []<-chan received
		for i, s := range streams {
			all = append(all, forms[i%len(forms)].start(rts[i/len(forms)], s))
		}
		raise(t, syscall.SIGUSR1)
		for i, c := range all {
			if r := receive(t, "every stream has it", c); r.Err != nil || r.Value != syscall.SIGUSR1 {
				t.Errorf("%s on stream %d received %v, %v", forms[i%len(forms)].name, i, r.Value, r.Err)
			}
		}
	}
}

// Regression: of several waiters one got it, and the others nothing any more.
func TestWaitersOnOneStreamAreServedInTurn(t *testing.T) {
	rt := newRuntime(t)
	s := notify(t, syscall.SIGUSR1)
	var waiters []joinhandle.JoinHandle[os.Signal]
	for i := range 4 {
		waiters = append(waiters, executor.Go(rt, func(co *coro.Co) (os.Signal, error) { return s.Recv(co) }))
		waiting(t, rt, i+1)
	}
	if _, err := s.TryRecv(); err != signal.ErrEmpty {
		t.Errorf("TryRecv: %v, want ErrEmpty", err)
	}
	for i, h := range waiters {
		raise(t, syscall.SIGUSR1)
		if sig, err := join(t, h); err != nil || sig != syscall.SIGUSR1 {
			t.Fatalf("waiter %d received %v, %v", i, sig, err)
		}
		for _, later := range waiters[i+1:] {
			if later.Finished() {
				t.Fatalf("a waiter behind number %d was served", i)
			}
		}
	}
}

// Regression: the first failure was kept, and everything after it failed too.
func TestANewStreamThatHasFailedDoesNotSpoilTheNext(t *testing.T) {
	if !modetest.First() {
		return
	}
	for range 2 {
		if panicOf(func() { signal.NewStream(syscall.SIGUSR1, syscall.SIGKILL) }) == nil {
			t.Fatal("a stream for SIGKILL")
		}
		s := signal.NewStream(syscall.SIGUSR1)
		raise(t, syscall.SIGUSR1)
		s.Close()
		wantRest(t, s, syscall.SIGUSR1)
	}
}

// Regression: a signal had the token of the worker's wake, and one was taken for the other. Here a signal,
// a wake from elsewhere, and both at once reach a worker that sleeps.
func TestSignalsAndWakesAreToldApart(t *testing.T) {
	rt := newRuntime(t)
	s := notify(t, syscall.SIGUSR1)
	var wake lock.Notify
	for i := range 60 {
		signalled := executor.Go(rt, func(co *coro.Co) (os.Signal, error) { return s.Recv(co) })
		woken := executor.Go(rt, func(co *coro.Co) (struct{}, error) { return struct{}{}, wake.Notified(co) })
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

// Regression: stale signals were buffered.
func TestASignalFromBeforeTheOpeningIsNotSeen(t *testing.T) {
	if !modetest.First() {
		return
	}
	old := notify(t, syscall.SIGUSR1)
	for range 100 {
		raise(t, syscall.SIGUSR1)
		s := signal.NewStream(syscall.SIGUSR1)
		s.Close()
		wantRest(t, s)
	}
	old.Close()
	wantRest(t, old, syscall.SIGUSR1)
	wantRest(t, old)
}

func TestSignalsThatNobodyReceivesAreOneOfEachKind(t *testing.T) {
	if !modetest.First() {
		return
	}
	s := notify(t, syscall.SIGUSR2, syscall.SIGUSR1, syscall.SIGUSR1)
	for i := range 1000 {
		raise(t, syscall.SIGUSR1)
		if i == 500 {
			raise(t, syscall.SIGUSR2)
		}
	}
	s.Close()
	wantRest(t, s, syscall.SIGUSR1, syscall.SIGUSR2)
}

func TestAFloodOfOneKindTakesNoPlaceFromAnother(t *testing.T) {
	if !modetest.First() {
		return
	}
	s := notify(t, syscall.SIGUSR1, syscall.SIGUSR2)
	release := signal.Hold(s) // as if its goroutines got no processor
	for range 10 {
		raise(t, syscall.SIGUSR1)
	}
	raise(t, syscall.SIGUSR2)
	release()
	s.Close()
	wantRest(t, s, syscall.SIGUSR1, syscall.SIGUSR2)
}

func TestKindsAreReceivedInTheOrderOfTheirArrival(t *testing.T) {
	if !modetest.First() {
		return
	}
	for _, order := range [][]syscall.Signal{{syscall.SIGUSR1, syscall.SIGUSR2}, {syscall.SIGUSR2, syscall.SIGUSR1}} {
		s := notify(t, syscall.SIGUSR1, syscall.SIGUSR2)
		for i, sig := range order {
			raise(t, sig)
			eventually(t, "the stream has it", func() bool { return signal.Pending(s) == i+1 })
		}
		for _, want := range order {
			if got, err := s.TryRecv(); err != nil || got != want {
				t.Errorf("received %v, %v, want %v", got, err, want)
			}
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
			t.Fatal("the first answers without a signal")
		}
		if _, ok := poll(&second, &w2); ok {
			t.Fatal("the second answers without a signal")
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

func TestCloseWakesWhoWaits(t *testing.T) {
	rt := newRuntime(t)
	s := notify(t, syscall.SIGUSR1, syscall.SIGUSR2)
	var all []<-chan received
	for _, f := range forms {
		all = append(all, f.start(rt, s))
	}
	waiting(t, rt, 3)
	do(t, rt, func(*coro.Co) error { s.Close(); return nil }) // from a task
	for i, c := range all {
		if r := receive(t, forms[i].name+" is woken", c); r.Value != nil || !errors.Is(r.Err, signal.ErrClosed) {
			t.Errorf("%s received %v, %v, want ErrClosed", forms[i].name, r.Value, r.Err)
		}
	}
	s.Close()
	for _, f := range forms {
		r := receive(t, f.name+" is answered", f.start(rt, s))
		if r.Value != nil || !errors.Is(r.Err, signal.ErrClosed) {
			t.Errorf("%s after the close received %v, %v, want ErrClosed", f.name, r.Value, r.Err)
		}
	}
}

func TestWhatArrivedBeforeCloseCanBeReceivedAfterIt(t *testing.T) {
	rt := newRuntime(t)
	for _, f := range forms {
		s := notify(t, syscall.SIGUSR1)
		raise(t, syscall.SIGUSR1)
		s.Close()
		raise(t, syscall.SIGUSR1)
		if r := receive(t, f.name+" is answered", f.start(rt, s)); r.Err != nil || r.Value != syscall.SIGUSR1 {
			t.Errorf("%s received %v, %v", f.name, r.Value, r.Err)
		}
		wantRest(t, s)
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
			t.Fatalf("the task of a closed runtime answered %v", err)
		}
	}
	raise(t, syscall.SIGUSR1)
	do(t, newRuntime(t), func(co *coro.Co) error {
		_, err := s.Recv(co)
		return err
	})
}

func TestReceivesSignalsAndClosesInARace(t *testing.T) {
	rts := []*executor.Runtime{newRuntime(t), newRuntime(t)}
	for range 20 {
		s := notify(t, syscall.SIGUSR1, syscall.SIGUSR2)
		var received, ended atomic.Int64
		count := func(_ os.Signal, err error) {
			switch err {
			case nil:
				received.Add(1)
			case signal.ErrClosed:
				ended.Add(1)
			default:
				t.Error(err)
			}
		}
		var all sync.WaitGroup
		var tasks []joinhandle.JoinHandle[struct{}]
		for i := range 8 {
			tasks = append(tasks, executor.Go(rts[i%2], func(co *coro.Co) (struct{}, error) {
				for sig, err := range s.All(co) {
					count(sig, err)
				}
				ended.Add(1)
				return struct{}{}, nil
			}))
		}
		all.Go(func() {
			for sig, err := range s.AllWait(context.Background()) {
				count(sig, err)
			}
			ended.Add(1)
		})
		aborted := executor.Go(rts[0], func(co *coro.Co) (os.Signal, error) { return s.Recv(co) })
		for range 20 {
			raise(t, syscall.SIGUSR1)
			raise(t, syscall.SIGUSR2)
		}
		aborted.Abort()
		for range 2 {
			all.Go(s.Close)
		}
		raise(t, syscall.SIGUSR1)
		for _, h := range tasks {
			join(t, h)
		}
		join(t, aborted)
		all.Wait()
		for {
			_, err := s.TryRecv() // what an aborted one gave back
			if err == signal.ErrClosed {
				break
			}
			count(nil, err)
		}
		if n := ended.Load(); n != 9 {
			t.Errorf("%d receivers saw the end, want 9", n)
		}
		if n := received.Load(); n > 41 {
			t.Errorf("%d signals received of 41", n)
		}
	}
}
