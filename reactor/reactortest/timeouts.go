package reactortest

import (
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
)

var timeoutCases = []testCase{
	{"a timeout is never early", testTimeoutNeverEarly},
	{"timeout 0 does not block and reports what is ready", testTimeoutZero},
	{"a long timeout and a negative one wait for the event", testTimeoutLong},
}

func testTimeoutNeverEarly(t *testing.T, s *suite) {
	r := s.rig(t)
	a, _ := r.pair()
	r.add(a.FD(), 7, reactor.Readable, reactor.Level) // never ready
	var worst time.Duration
	for _, d := range []time.Duration{
		1, 999, time.Microsecond, 50 * time.Microsecond, 500 * time.Microsecond, 999999,
		time.Millisecond, 1000001, 1500 * time.Microsecond, 2999999, 5 * time.Millisecond, 20*time.Millisecond + 1,
	} {
		for range 5 {
			start := time.Now()
			events := r.wait(d)
			took := time.Since(start)
			if took < d || len(events) != 0 {
				t.Fatalf("Wait(%v) returned %v after %v", d, events, took)
			}
			worst = max(worst, took-d)
		}
	}
	t.Logf("latest by %v", worst)
}

func testTimeoutZero(t *testing.T, s *suite) {
	r := s.rig(t)
	a, _ := r.pair()
	w := r.goWait(0)
	if events := w.end(); len(events) != 0 || w.err != nil {
		t.Fatalf("Wait(0) with nothing ready: %v, %v", events, w.err)
	}
	r.add(a.FD(), 7, reactor.Writable, reactor.Level)
	for range 3 {
		if got := readinessOf(r.wait(0), 7); got&reactor.WriteReady == 0 {
			t.Fatalf("Wait(0) reported %v", got)
		}
	}
}

func testTimeoutLong(t *testing.T, s *suite) {
	for _, d := range []time.Duration{-1, -1 << 63, 1<<63 - 1, 30 * 24 * time.Hour} {
		r := s.rig(t)
		a, b := r.pair()
		r.add(a.FD(), 7, reactor.Readable, reactor.Level)
		w := r.goWait(d)
		select {
		case <-w.done:
			t.Fatalf("Wait(%v) returned at once: %v, %v", d, w.events, w.err)
		case <-time.After(pause):
		}
		r.write(b, "x")
		if got := readinessOf(w.end(), 7); got&reactor.ReadReady == 0 {
			t.Fatalf("Wait(%v): %v, %v", d, w.events, w.err)
		}
	}
}
