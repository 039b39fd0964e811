package kqueue_test

import (
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/reactor/kqueue"
)

// A Notify that meets another one that has yet to make its signal makes one itself: the other's may fail.
func TestANotifyDoesNotRelyOnOneThatHasYetToSignal(t *testing.T) {
	overDoubles(t, func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults) {
		p.Ask()
		if err := p.Notify(); err != nil {
			t.Fatal(err)
		}
		returns(t, p)
	})
}

// The end of a Notify that a Wait has overtaken says nothing of the next signal.
func TestANotifyThatEndsLateLeavesTheNextOneToSignal(t *testing.T) {
	overDoubles(t, func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults) {
		late := p.Ask()
		if err := p.Notify(); err != nil {
			t.Fatal(err)
		}
		returns(t, p)
		p.Ask() // a third one, which has yet to make its signal
		late()
		if err := p.Notify(); err != nil {
			t.Fatal(err)
		}
		returns(t, p)
	})
}

// returns fails unless a Wait returns for a Notify.
func returns(t *testing.T, p *kqueue.Poller) {
	t.Helper()
	start := time.Now()
	if events, err := p.Wait(nil, patience); err != nil || len(events) != 0 || time.Since(start) >= patience {
		t.Fatalf("Wait returned %v, %v; a Notify is lost: %v", events, err, time.Since(start) >= patience)
	}
}

// A Wait that loses its swap to a Notify returns for that one as well, and takes what it has set.
func TestAWaitThatLosesItsSwapTakesWhatWasAsked(t *testing.T) {
	var n kqueue.Notice
	if kqueue.TakeStale(&n, n.Word()) {
		t.Error("nobody asked")
	}
	before := n.Word()
	n.Ask()
	if !kqueue.TakeStale(&n, before) {
		t.Error("the Notify is lost")
	}
	if kqueue.TakeStale(&n, n.Word()) {
		t.Error("the Notify is taken twice")
	}
	n.Ask()()
	if _, already := n.AskWord(); !already {
		t.Error("a signal that is made is made again")
	}
	if !kqueue.TakeStale(&n, before) {
		t.Error("the Notify is lost")
	}
	if _, already := n.AskWord(); already {
		t.Error("a signal is taken for made that a Wait has taken")
	}
}

// A Notify makes no system call where another one's signal has yet to be taken.
func TestNotifiesShareASignal(t *testing.T) {
	overDoubles(t, func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults) {
		for range 3 {
			before := f.Signals(p)
			for range 5 {
				if err := p.Notify(); err != nil {
					t.Fatal(err)
				}
			}
			if n := f.Signals(p) - before; n != 1 {
				t.Errorf("%d signals, want 1", n)
			}
			returns(t, p)
		}
	})
}
