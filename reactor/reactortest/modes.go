package reactortest

import (
	"errors"
	"testing"

	"github.com/moduvex/moduvex-go/reactor"
)

var modeCases = []testCase{
	{"Level reports as long as the condition holds", testLevel},
	{"Edge reports again after would-block, not before", testEdge},
	{"Edge reports more bytes on top of unread ones", testEdgeMore},
	{"Edge reports room again after would-block", testEdgeWritable},
	{"OneShot reports once until Modify", testOneShot},
	{"a fired OneShot stays registered", testOneShotRegistered},
	{"Add and Modify report what holds already", testHoldsAlready},
	{"Modify changes the mode", testModifyMode},
	{"only what is in the Interest is reported", testInterest},
}

func testLevel(t *testing.T, s *suite) {
	r := s.rig(t)
	a, b := r.pair()
	r.add(a.FD(), 7, reactor.Readable, reactor.Level)
	r.silent(7, everything, someSpurious)
	r.write(b, "xyz")
	for range 5 {
		r.until(7, reactor.ReadReady)
	}
	r.drain(a)
	r.silent(7, reactor.ReadReady, someSpurious)
	r.write(b, "x")
	r.until(7, reactor.ReadReady)
}

func testEdge(t *testing.T, s *suite) {
	r := s.rig(t)
	a, b := r.pair()
	r.add(a.FD(), 7, reactor.Readable|reactor.Writable, reactor.Edge)
	r.until(7, reactor.WriteReady)
	r.silent(7, everything, someSpurious)
	for range 50 {
		r.drain(a)
		r.wouldBlock(a.FD(), 7, reactor.Readable)
		r.write(b, "x")
		r.until(7, reactor.ReadReady)
	}
	r.silent(7, everything, someSpurious) // it still holds, and was reported
	r.drain(a)
	r.silent(7, everything, someSpurious)
}

func testEdgeMore(t *testing.T, s *suite) {
	r := s.rig(t)
	if _, ok := r.p.(reactor.Rearmer); ok {
		t.Skip("a Rearmer reports once per Rearm")
	}
	a, b := r.pair()
	r.add(a.FD(), 7, reactor.Readable, reactor.Edge)
	for range 5 {
		r.write(b, "x")
		r.until(7, reactor.ReadReady)
	}
}

func testEdgeWritable(t *testing.T, s *suite) {
	r := s.rig(t)
	a, b := r.pair()
	r.add(a.FD(), 7, reactor.Readable|reactor.Writable, reactor.Edge)
	for range 3 {
		r.until(7, reactor.WriteReady)
		n := r.fill(a)
		r.wouldBlock(a.FD(), 7, reactor.Writable)
		r.drainAll(b, n)
	}
	r.until(7, reactor.WriteReady)
}

func testOneShot(t *testing.T, s *suite) {
	r := s.rig(t)
	a, b := r.pair()
	r.add(a.FD(), 7, reactor.Readable, reactor.OneShot)
	for key := reactor.Key(7); key < 10; key++ {
		r.write(b, "x")
		if events := r.wait(testTimeout); len(events) != 1 || events[0].Key != key || events[0].Ready&reactor.ReadReady == 0 {
			t.Fatalf("events %v, want one of key %d", events, key)
		}
		r.write(b, "more")
		r.silent(key, everything, 0)
		r.modify(a.FD(), key+1, reactor.Readable, reactor.OneShot)
		r.until(key+1, reactor.ReadReady) // bytes are still unread
		r.drain(a)
		r.modify(a.FD(), key+1, reactor.Readable, reactor.OneShot)
	}
	r.write(b, "x")
	r.until(10, reactor.ReadReady)
	r.drain(a)
	b.Close()
	r.silent(10, everything, 0) // and no hang-up either
	r.modify(a.FD(), 11, reactor.Readable, reactor.OneShot)
	r.untilAllows(11, reactor.Read)
}

func testOneShotRegistered(t *testing.T, s *suite) {
	r := s.rig(t)
	a, _ := r.pair()
	r.add(a.FD(), 7, reactor.Writable, reactor.OneShot)
	r.until(7, reactor.WriteReady)
	if err := r.p.Add(a.FD(), 8, reactor.Writable, reactor.OneShot); !errors.Is(err, reactor.ErrExists) {
		t.Fatalf("Add of a fired one-shot: %v, want ErrExists", err)
	}
	r.delete(a.FD())
}

func testHoldsAlready(t *testing.T, s *suite) {
	for _, mode := range []reactor.Mode{reactor.Level, reactor.Edge, reactor.OneShot} {
		r := s.rig(t)
		a, b := r.pair()
		r.write(b, "x")
		r.add(a.FD(), 1, reactor.Readable, mode)
		r.until(1, reactor.ReadReady)
		for key := reactor.Key(2); key < 5; key++ {
			r.modify(a.FD(), key, reactor.Readable, mode)
			r.until(key, reactor.ReadReady)
		}
	}
}

func testModifyMode(t *testing.T, s *suite) {
	r := s.rig(t)
	a, b := r.pair()
	r.write(b, "x")
	r.add(a.FD(), 1, reactor.Readable, reactor.OneShot)
	r.until(1, reactor.ReadReady)
	r.modify(a.FD(), 2, reactor.Readable, reactor.Level)
	for range 3 {
		r.until(2, reactor.ReadReady)
	}
	r.modify(a.FD(), 3, reactor.Readable, reactor.Edge)
	r.until(3, reactor.ReadReady)
	r.silent(3, everything, someSpurious)
}

func testInterest(t *testing.T, s *suite) {
	r := s.rig(t)
	a, b := r.pair()
	r.add(a.FD(), 7, reactor.Readable, reactor.Level)
	r.silent(7, reactor.WriteReady, someSpurious)
	r.write(b, "x")
	r.modify(a.FD(), 7, reactor.Writable, reactor.Level)
	for range someSpurious + 1 {
		if r.until(7, reactor.WriteReady)&reactor.ReadReady == 0 {
			return
		}
	}
	t.Fatal("ReadReady is reported without Readable")
}
