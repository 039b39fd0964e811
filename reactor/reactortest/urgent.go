package reactortest

import (
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
)

func testPriority(t *testing.T, s *suite) {
	r := s.rig(t)
	a, b := r.pair()
	r.add(a.FD(), 7, reactor.Priority, reactor.Edge)
	r.write(b, "x")
	r.silent(7, reactor.PriorityReady, someSpurious)
	sendUrgent(t, b, '!')
	if !r.reportsWithin(7, reactor.PriorityReady, time.Second) {
		t.Skip("this Poller does not report Priority")
	}
	if got, err := receiveUrgent(a); got != '!' || err != nil {
		t.Fatalf("urgent data: %q, %v", got, err)
	}
}

// The reason why ClearReady after a short read needs Priority: bytes behind the mark are no new edge.
func testShortReadAtUrgentData(t *testing.T, s *suite) {
	r := s.rig(t)
	a, b := r.pair()
	r.write(b, "abc")
	sendUrgent(t, b, '!')
	r.write(b, "def")
	r.add(a.FD(), 7, reactor.Readable|reactor.Priority, reactor.Edge)
	got := r.until(7, reactor.ReadReady)
	if got&reactor.PriorityReady == 0 && !r.reportsWithin(7, reactor.PriorityReady, time.Second) {
		t.Skip("this Poller does not report Priority")
	}
	read := ""
	for deadline := time.Now().Add(testTimeout); len(read) < 6; {
		buf := make([]byte, 64)
		if n, err := a.Read(buf); err == nil {
			t.Logf("read %q", buf[:n])
			read += string(buf[:n])
		}
		if time.Now().After(deadline) {
			t.Fatalf("read %q", read)
		}
	}
	if read != "abcdef" {
		t.Fatalf("read %q", read)
	}
}
