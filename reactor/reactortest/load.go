package reactortest

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
)

var loadCases = []testCase{
	{"thousands of connections", testManyConnections},
	{"at most MaxEvents a Wait, and none is left out", testMaxEvents},
	{"registrations come and go during Waits", testChurnWhileWaiting},
	{"Wait allocates nothing once warm", testWaitAllocates},
}

// manyPairs is how many connections the suite makes, if the limit of open descriptors allows it. Each takes two
// descriptors; it leaves some for other uses.
const manyPairs = 2000

func pairsThatFit() int { return min(manyPairs, (descriptorLimit()-200)/2) }

func testManyConnections(t *testing.T, s *suite) {
	r := s.rig(t)
	n := pairsThatFit()
	ends := make([][2]Stream, n)
	for i := range ends {
		a, b := r.pair()
		ends[i] = [2]Stream{a, b}
		r.add(a.FD(), reactor.Key(i), reactor.Readable, reactor.Edge)
	}
	for round := range 2 {
		for _, end := range ends {
			r.write(end[1], "x")
		}
		seen := make(map[reactor.Key]bool)
		var events []reactor.Event
		for deadline := time.Now().Add(testTimeout); len(seen) < n; {
			var err error
			if events, err = r.p.Wait(events[:0], time.Until(deadline)); err != nil {
				t.Fatal(err)
			}
			if time.Now().After(deadline) {
				t.Fatalf("round %d: %d of %d connections reported", round, len(seen), n)
			}
			for _, ev := range events {
				if ev.Ready&reactor.ReadReady != 0 {
					seen[ev.Key] = true
				}
			}
		}
		for i, end := range ends {
			r.drain(end[0])
			r.wouldBlock(end[0].FD(), reactor.Key(i), reactor.Readable)
		}
	}
	t.Logf("%d connections", n)
}

func testMaxEvents(t *testing.T, s *suite) {
	r := s.rig(t)
	n := min(pairsThatFit(), reactor.MaxEvents*3/4)
	if 2*n <= reactor.MaxEvents {
		t.Skip("the limit of open descriptors is too low")
	}
	for i := range n {
		a, b := r.pair()
		r.add(a.FD(), reactor.Key(2*i), reactor.Writable, reactor.Level)
		r.add(b.FD(), reactor.Key(2*i+1), reactor.Writable, reactor.Level)
	}
	seen := make(map[reactor.Key]bool)
	events := make([]reactor.Event, 1, 2*reactor.MaxEvents)
	most := 0
	for deadline := time.Now().Add(testTimeout); len(seen) < 2*n; {
		var err error
		if events, err = r.p.Wait(events[:1], testTimeout); err != nil {
			t.Fatal(err)
		}
		most = max(most, len(events)-1)
		for _, ev := range events[1:] {
			seen[ev.Key] = true
		}
		if time.Now().After(deadline) {
			t.Fatalf("of %d ready descriptors only %d were ever reported", 2*n, len(seen))
		}
	}
	if most > reactor.MaxEvents {
		t.Fatalf("one Wait reported %d events", most)
	}
	t.Logf("%d ready, at most %d in one Wait", 2*n, most)
}

// Several goroutines register, use and delete descriptors of their own. Every event must be of a registration that
// existed when its Wait began, and each registration must get its event.
func testChurnWhileWaiting(t *testing.T, s *suite) {
	r := s.rig(t)
	const workers, rounds = 4, 200
	var reported [workers]atomic.Uint64 // highest key per worker
	var stop atomic.Bool
	waiter := make(chan struct{})
	go func() {
		defer close(waiter)
		var events []reactor.Event
		for !stop.Load() {
			var err error
			if events, err = r.p.Wait(events[:0], -1); err != nil {
				t.Errorf("Wait: %v", err)
				return
			}
			for _, ev := range events {
				w, round := ev.Key>>32, uint64(uint32(ev.Key))
				if uint64(w) >= workers || round > rounds {
					t.Errorf("event of an unknown key %#x", ev.Key)
					return
				}
				for { // keep the highest: a late event of an earlier round is stale, not wrong
					old := reported[w].Load()
					if old >= round || reported[w].CompareAndSwap(old, round) {
						break
					}
				}
			}
		}
	}()
	var wg sync.WaitGroup
	for w := range workers {
		a, b := r.pair()
		wg.Go(func() {
			for round := uint64(1); round <= rounds; round++ {
				if _, err := b.Write([]byte("x")); err != nil {
					t.Errorf("Write: %v", err)
					return
				}
				key := reactor.Key(w)<<32 | reactor.Key(round)
				if err := r.p.Add(a.FD(), key, reactor.Readable, reactor.Edge); err != nil {
					t.Errorf("Add: %v", err)
					return
				}
				for deadline := time.Now().Add(testTimeout); reported[w].Load() < round; {
					if time.Now().After(deadline) {
						t.Errorf("worker %d, round %d: no event", w, round)
						return
					}
					time.Sleep(10 * time.Microsecond)
				}
				var buf [8]byte
				if _, err := a.Read(buf[:]); err != nil && !errors.Is(err, ErrWouldBlock) {
					t.Errorf("Read: %v", err)
					return
				}
				if err := r.p.Delete(a.FD()); err != nil {
					t.Errorf("Delete: %v", err)
					return
				}
			}
		})
	}
	wg.Wait()
	stop.Store(true)
	if err := r.p.Notify(); err != nil {
		t.Error(err)
	}
	finish(t, waiter, "the Wait did not end")
}

func testWaitAllocates(t *testing.T, s *suite) {
	r := s.rig(t)
	a, _ := r.pair()
	r.add(a.FD(), 7, reactor.Writable, reactor.Level)
	events := make([]reactor.Event, 0, 16)
	allocs := testing.AllocsPerRun(100, func() {
		r.p.Notify()
		events, _ = r.p.Wait(events[:0], 0)
		events, _ = r.p.Wait(events[:0], -1)
	})
	if allocs != 0 {
		t.Errorf("%v allocations per Notify and two Waits", allocs)
	}
}
