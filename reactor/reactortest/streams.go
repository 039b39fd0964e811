package reactortest

import (
	"testing"

	"github.com/moduvex/moduvex-go/reactor"
)

// The tests of the end of a stream.
var streamCases = []testCase{
	{"a peer that closes makes reading ready", testPeerClose},
	{"a half-close makes reading ready and leaves writing alone", testHalfClose},
	{"a hang-up is reported to any Interest", testHangUpAnyInterest},
	{"bytes before the end are not lost", testBytesBeforeEnd},
}

var allModes = []reactor.Mode{reactor.Level, reactor.Edge, reactor.OneShot}

func testPeerClose(t *testing.T, s *suite) {
	for _, mode := range allModes {
		r := s.rig(t)
		a, b := r.pair()
		r.add(a.FD(), 7, reactor.Readable, mode)
		r.wait(0)
		b.Close()
		r.untilAllows(7, reactor.Read)
		if _, eof := r.drain(a); !eof {
			t.Fatalf("%v: reading was reported before the end could be read", mode)
		}
	}
}

func testHalfClose(t *testing.T, s *suite) {
	r := s.rig(t)
	a, b := r.pair()
	r.add(a.FD(), 7, reactor.Readable|reactor.Writable, reactor.Edge)
	r.until(7, reactor.WriteReady)
	if err := b.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got := r.untilAllows(7, reactor.Read); got&reactor.WriteClosed != 0 {
		t.Fatalf("half-close reported as %v", got)
	}
	if _, eof := r.drain(a); !eof {
		t.Fatal("no end of the stream")
	}
	r.add(b.FD(), 8, reactor.Readable, reactor.Edge)
	r.write(a, "still writable")
	r.until(8, reactor.ReadReady)
}

func testHangUpAnyInterest(t *testing.T, s *suite) {
	for _, mode := range allModes {
		for _, interest := range []reactor.Interest{0, reactor.Readable, reactor.Writable} {
			r := s.rig(t)
			a, b := r.pair()
			r.add(a.FD(), 7, interest, mode)
			if interest&reactor.Writable != 0 {
				r.until(7, reactor.WriteReady)
				if mode == reactor.OneShot {
					r.modify(a.FD(), 7, 0, mode)
				}
			}
			// Down in both directions, one after the other.
			if err := a.CloseWrite(); err != nil {
				t.Fatal(err)
			}
			if mode == reactor.OneShot {
				r.wait(0)
				r.modify(a.FD(), 7, 0, mode)
			}
			b.Close()
			r.until(7, reactor.ReadClosed|reactor.WriteClosed)
		}
	}
}

func testBytesBeforeEnd(t *testing.T, s *suite) {
	r := s.rig(t)
	a, b := r.pair()
	r.add(a.FD(), 7, reactor.Readable, reactor.Edge)
	r.write(b, "last words")
	b.Close()
	n := 0
	for {
		r.untilAllows(7, reactor.Read)
		m, eof := r.drain(a)
		n += m
		if eof {
			break
		}
		r.wouldBlock(a.FD(), 7, reactor.Readable)
	}
	if n != len("last words") {
		t.Fatalf("%d bytes before the end", n)
	}
}
