package reactortest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
)

var notifyCases = []testCase{
	{"Notify ends the Wait in progress without an event", testNotifyFromOutside},
	{"Notify ends the next Wait", testNotifyBefore},
	{"Notifies coalesce", testNotifyTwice},
	{"Notify and events come together", testNotifyWithEvents},
	{"no Notify is lost, one at a time", testNotifyPingPong},
	{"no Notify is lost, many at a time", testNotifyMany},
}

func testNotifyFromOutside(t *testing.T, s *suite) {
	for range 20 {
		r := s.rig(t)
		w := r.goWait(-1)
		if err := r.p.Notify(); err != nil {
			t.Fatal(err)
		}
		if events := w.end(); len(events) != 0 || w.err != nil {
			t.Fatalf("Wait returned %v, %v", events, w.err)
		}
	}
}

func testNotifyBefore(t *testing.T, s *suite) {
	r := s.rig(t)
	for range 100 {
		if err := r.p.Notify(); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if events := r.wait(testTimeout); len(events) != 0 {
			t.Fatalf("Notify made events: %v", events)
		}
		if time.Since(start) >= testTimeout {
			t.Fatal("the Wait after a Notify ran into its timeout")
		}
	}
}

// Regression: a worker was woken once only, or again and again.
func testNotifyTwice(t *testing.T, s *suite) {
	r := s.rig(t)
	for range 3 {
		for range 1000 {
			if err := r.p.Notify(); err != nil {
				t.Fatal(err)
			}
		}
		r.wait(testTimeout)
		start := time.Now()
		r.wait(pause)
		if took := time.Since(start); took < pause {
			t.Fatalf("a thousand Notifies ended a second Wait after %v", took)
		}
	}
}

func testNotifyWithEvents(t *testing.T, s *suite) {
	r := s.rig(t)
	a, _ := r.pair()
	r.add(a.FD(), 7, reactor.Writable, reactor.Level)
	for range 100 {
		if err := r.p.Notify(); err != nil {
			t.Fatal(err)
		}
		r.until(7, reactor.WriteReady)
	}
	// The Notifies can cause one more early return at most.
	r.delete(a.FD())
	r.wait(pause)
	start := time.Now()
	r.wait(pause)
	if took := time.Since(start); took < pause {
		t.Fatalf("Wait ended early after %v", took)
	}
}

// Each round blocks unless its one Notify arrives. Over the rounds the Notifies meet every stage of the Wait.
func testNotifyPingPong(t *testing.T, s *suite) {
	r := s.rig(t)
	const rounds = 5000
	var flag atomic.Bool
	ack := make(chan struct{})
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range rounds {
			flag.Store(true)
			if err := r.p.Notify(); err != nil {
				t.Errorf("Notify: %v", err)
			}
			select {
			case <-ack:
			case <-stop:
				return
			}
		}
	}()
	defer func() { close(stop); <-done }()
	for i := range rounds {
		for !flag.Swap(false) {
			start := time.Now()
			r.wait(testTimeout)
			if time.Since(start) >= testTimeout {
				t.Fatalf("the Notify of round %d was lost", i)
			}
		}
		ack <- struct{}{}
	}
}

func testNotifyMany(t *testing.T, s *suite) {
	r := s.rig(t)
	const notifiers, each = 8, 2000
	var published atomic.Int64
	var plain [notifiers]int
	var wg sync.WaitGroup
	for i := range notifiers {
		wg.Go(func() {
			for range each {
				plain[i]++
				published.Add(1)
				if err := r.p.Notify(); err != nil {
					t.Errorf("Notify: %v", err)
				}
			}
		})
	}
	for published.Load() < notifiers*each {
		start := time.Now()
		r.wait(testTimeout)
		if time.Since(start) >= testTimeout {
			t.Fatalf("a Notify was lost at %d", published.Load())
		}
	}
	wg.Wait()
	sum := 0
	for _, n := range plain {
		sum += n
	}
	if sum != notifiers*each {
		t.Fatalf("sum %d", sum)
	}
}
