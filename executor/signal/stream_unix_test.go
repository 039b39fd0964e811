//go:build unix

package signal_test

import (
	"os"
	"syscall"
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/executor/signal"
	"github.com/moduvex/moduvex-go/joinhandle"
)

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
