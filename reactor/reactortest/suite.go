package reactortest

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
)

// testTimeout is how long the suite waits for something that must happen. It passes only when something is broken, so
// it is far longer than any machine needs.
const testTimeout = 20 * time.Second

// pause is how long the suite waits to check that something does not happen.
const pause = 30 * time.Millisecond

// TestPoller runs the conformance suite, a subtest per behaviour. It calls newPoller for each and closes the Poller that
// newPoller returns. A backend's test of its Poller is this one call:
//
//	func TestConformance(t *testing.T) {
//		reactortest.TestPoller(t, func() (reactor.Poller, error) { return epoll.New() })
//	}
func TestPoller(t *testing.T, newPoller func() (reactor.Poller, error)) {
	TestContract(t, newPoller, tcpPair)
	s := &suite{newPoller: newPoller, pairs: tcpPair}
	s.run(t, kernelCases)
}

// TestContract runs the tests of the suite that need a connected pair of streams only.
func TestContract(t *testing.T, newPoller func() (reactor.Poller, error), pairs Pairs) {
	s := &suite{newPoller: newPoller, pairs: pairs}
	for _, cases := range [][]testCase{callCases, notifyCases, timeoutCases, modeCases, streamCases, closeCases, loadCases} {
		s.run(t, cases)
	}
}

type suite struct {
	newPoller func() (reactor.Poller, error)
	pairs     Pairs
}

type testCase struct {
	name string
	run  func(t *testing.T, s *suite)
}

func (s *suite) run(t *testing.T, cases []testCase) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { c.run(t, s) })
	}
}

// rig is a Poller under test.
type rig struct {
	t *testing.T
	s *suite
	p reactor.Poller
}

func (s *suite) rig(t *testing.T) *rig {
	t.Helper()
	p, err := s.newPoller()
	if err != nil {
		t.Fatalf("new Poller: %v", err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil && !errors.Is(err, reactor.ErrClosed) {
			t.Errorf("Close: %v", err)
		}
	})
	return &rig{t: t, s: s, p: p}
}

// pair returns two connected streams. They are deleted from the Poller and closed when the test ends.
func (r *rig) pair() (a, b Stream) {
	r.t.Helper()
	a, b = r.s.pairs(r.t, r.p)
	r.t.Cleanup(func() { // runs before the Poller's Close
		for _, s := range []Stream{a, b} {
			r.p.Delete(s.FD())
			s.Close()
		}
	})
	return a, b
}

func (r *rig) add(fd uintptr, key reactor.Key, interest reactor.Interest, mode reactor.Mode) {
	r.t.Helper()
	if err := r.p.Add(fd, key, interest, mode); err != nil {
		r.t.Fatalf("Add: %v", err)
	}
}

func (r *rig) modify(fd uintptr, key reactor.Key, interest reactor.Interest, mode reactor.Mode) {
	r.t.Helper()
	if err := r.p.Modify(fd, key, interest, mode); err != nil {
		r.t.Fatalf("Modify: %v", err)
	}
}

func (r *rig) delete(fd uintptr) {
	r.t.Helper()
	if err := r.p.Delete(fd); err != nil {
		r.t.Fatalf("Delete: %v", err)
	}
}

func (r *rig) wait(timeout time.Duration) []reactor.Event {
	r.t.Helper()
	events, err := r.p.Wait(nil, timeout)
	if err != nil {
		r.t.Fatalf("Wait: %v", err)
	}
	return events
}

// until waits until key has reported all of want, in one or several events, and returns all it reported.
func (r *rig) until(key reactor.Key, want reactor.Readiness) reactor.Readiness {
	r.t.Helper()
	var got reactor.Readiness
	for deadline := time.Now().Add(testTimeout); got&want != want; {
		left := time.Until(deadline)
		if left <= 0 {
			r.t.Fatalf("key %#x reported %v, want %v", key, got, want)
		}
		got |= readinessOf(r.wait(left), key)
	}
	return got
}

// untilAllows waits until key reports something that allows direction d.
func (r *rig) untilAllows(key reactor.Key, d reactor.Direction) reactor.Readiness {
	r.t.Helper()
	var got reactor.Readiness
	for deadline := time.Now().Add(testTimeout); !got.Allows(d); {
		left := time.Until(deadline)
		if left <= 0 {
			r.t.Fatalf("key %#x reported %v, nothing for %v", key, got, d)
		}
		got |= readinessOf(r.wait(left), key)
	}
	return got
}

// silent checks that key reports none of bits during a pause. Under Level and Edge the contract allows a
// spurious event now and then, so only one that keeps coming is a fault; under OneShot none is.
func (r *rig) silent(key reactor.Key, bits reactor.Readiness, spurious int) {
	r.t.Helper()
	for n := 0; ; n++ {
		if !r.reportsWithin(key, bits, pause) {
			return
		}
		if n == spurious {
			r.t.Fatalf("key %#x goes on reporting some of %v", key, bits)
		}
	}
}

// someSpurious is how many spurious events in a row the suite accepts.
const someSpurious = 3

func (r *rig) reportsWithin(key reactor.Key, bits reactor.Readiness, d time.Duration) bool {
	r.t.Helper()
	for deadline := time.Now().Add(d); ; {
		left := max(0, time.Until(deadline))
		if readinessOf(r.wait(left), key)&bits != 0 {
			return true
		}
		if left == 0 {
			return false
		}
	}
}

func readinessOf(events []reactor.Event, key reactor.Key) reactor.Readiness {
	var got reactor.Readiness
	for _, ev := range events {
		if ev.Key == key {
			got |= ev.Ready
		}
	}
	return got
}

// wouldBlock calls Rearm after a would-block, if the Poller is a Rearmer.
func (r *rig) wouldBlock(fd uintptr, key reactor.Key, interest reactor.Interest) {
	r.t.Helper()
	if rearmer, ok := r.p.(reactor.Rearmer); ok {
		if err := rearmer.Rearm(fd, key, interest); err != nil {
			r.t.Fatalf("Rearm: %v", err)
		}
	}
}

// drain reads until would-block or the end. It returns the number of bytes and whether it was the end.
func (r *rig) drain(s Stream) (n int, eof bool) {
	r.t.Helper()
	var b [4096]byte
	for {
		m, err := s.Read(b[:])
		n += m
		switch {
		case errors.Is(err, io.EOF):
			return n, true
		case errors.Is(err, ErrWouldBlock):
			return n, false
		case err != nil:
			r.t.Fatalf("Read: %v", err)
		}
	}
}

// fill writes until would-block and returns the number of bytes.
func (r *rig) fill(s Stream) (n int) {
	r.t.Helper()
	b := make([]byte, 1<<16)
	for {
		m, err := s.Write(b)
		n += m
		if errors.Is(err, ErrWouldBlock) {
			return n
		}
		if err != nil {
			r.t.Fatalf("Write: %v", err)
		}
	}
}

// drainAll reads the n bytes that fill wrote, however slowly they arrive.
func (r *rig) drainAll(s Stream, n int) {
	r.t.Helper()
	for deadline := time.Now().Add(testTimeout); n > 0; {
		m, _ := r.drain(s)
		n -= m
		if m == 0 && time.Now().After(deadline) {
			r.t.Fatalf("%d bytes never arrived", n)
		}
	}
}

func (r *rig) write(s Stream, text string) {
	r.t.Helper()
	if n, err := s.Write([]byte(text)); n != len(text) || err != nil {
		r.t.Fatalf("Write: %d, %v", n, err)
	}
}

// waiting is a Wait in another goroutine.
type waiting struct {
	r      *rig
	events []reactor.Event
	err    error
	took   time.Duration
	done   chan struct{}
}

// goWait starts a Wait and gives it time to block. A test cannot observe that it has blocked; one that needs a blocked
// Wait repeats itself.
func (r *rig) goWait(timeout time.Duration) *waiting {
	w := &waiting{r: r, done: make(chan struct{})}
	started := make(chan struct{})
	go func() {
		defer close(w.done)
		close(started)
		start := time.Now()
		w.events, w.err = r.p.Wait(nil, timeout)
		w.took = time.Since(start)
	}()
	<-started
	time.Sleep(2 * time.Millisecond)
	return w
}

// end waits for the Wait to return.
func (w *waiting) end() []reactor.Event {
	w.r.t.Helper()
	finish(w.r.t, w.done, "Wait did not return")
	return w.events
}

// finish waits for done to be closed.
func finish(t testing.TB, done <-chan struct{}, complaint string) {
	t.Helper()
	timer := time.NewTimer(testTimeout)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		t.Fatal(complaint)
	}
}
