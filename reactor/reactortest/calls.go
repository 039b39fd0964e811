package reactortest

import (
	"errors"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
)

// The tests of Add, Modify and Delete: their errors, their arguments, and that they work during a Wait.
var callCases = []testCase{
	{"a duplicate Add is ErrExists and changes nothing", testDuplicateAdd},
	{"an unknown Modify is ErrNotFound", testUnknownModify},
	{"an unknown Delete is ErrNotFound", testUnknownDelete},
	{"invalid arguments are ErrInvalid", testInvalidArguments},
	{"errors say which call and which descriptor", testErrorText},
	{"Add takes effect in a Wait in progress", testAddWhileWaiting},
	{"Modify takes effect in a Wait in progress", testModifyWhileWaiting},
	{"Delete and Add again", testDeleteAddAgain},
	{"no event after Delete", testNoEventAfterDelete},
	{"Modify replaces the Key", testModifyKey},
	{"all Keys but the reserved one come back", testKeyRoundTrip},
	{"Wait appends and does not overwrite", testAppend},
	{"a second Wait is ErrBusy", testBusy},
}

func testDuplicateAdd(t *testing.T, s *suite) {
	r := s.rig(t)
	a, _ := r.pair()
	r.add(a.FD(), 1, 0, reactor.Level)
	if err := r.p.Add(a.FD(), 2, reactor.Writable, reactor.Edge); !errors.Is(err, reactor.ErrExists) {
		t.Fatalf("second Add: %v, want ErrExists", err)
	}
	if events := r.wait(pause); len(events) != 0 {
		t.Fatalf("the failed Add changed the registration: %v", events)
	}
	r.modify(a.FD(), 1, reactor.Writable, reactor.Level)
	r.until(1, reactor.WriteReady)
}

func testUnknownModify(t *testing.T, s *suite) {
	r := s.rig(t)
	a, _ := r.pair()
	if err := r.p.Modify(a.FD(), 1, reactor.Writable, reactor.Level); !errors.Is(err, reactor.ErrNotFound) {
		t.Fatalf("Modify: %v, want ErrNotFound", err)
	}
	if events := r.wait(0); len(events) != 0 {
		t.Fatalf("the failed Modify registered: %v", events)
	}
	r.add(a.FD(), 1, reactor.Readable, reactor.Level)
	r.delete(a.FD())
	if err := r.p.Modify(a.FD(), 1, reactor.Writable, reactor.Level); !errors.Is(err, reactor.ErrNotFound) {
		t.Fatalf("Modify after Delete: %v, want ErrNotFound", err)
	}
}

func testUnknownDelete(t *testing.T, s *suite) {
	r := s.rig(t)
	a, _ := r.pair()
	if err := r.p.Delete(a.FD()); !errors.Is(err, reactor.ErrNotFound) {
		t.Fatalf("Delete: %v, want ErrNotFound", err)
	}
	r.add(a.FD(), 1, reactor.Readable, reactor.Level)
	r.delete(a.FD())
	if err := r.p.Delete(a.FD()); !errors.Is(err, reactor.ErrNotFound) {
		t.Fatalf("second Delete: %v, want ErrNotFound", err)
	}
}

func testInvalidArguments(t *testing.T, s *suite) {
	r := s.rig(t)
	a, _ := r.pair()
	for _, c := range []struct {
		key      reactor.Key
		interest reactor.Interest
		mode     reactor.Mode
	}{
		{reactor.ReservedKey, reactor.Readable, reactor.Level},
		{1, 1 << 7, reactor.Level},
		{1, reactor.Readable, 99},
	} {
		if err := r.p.Add(a.FD(), c.key, c.interest, c.mode); !errors.Is(err, reactor.ErrInvalid) {
			t.Errorf("Add(%#x, %v, %v): %v, want ErrInvalid", c.key, c.interest, c.mode, err)
		}
	}
	r.add(a.FD(), 1, reactor.Writable, reactor.Level)
	if err := r.p.Modify(a.FD(), reactor.ReservedKey, 0, reactor.Level); !errors.Is(err, reactor.ErrInvalid) {
		t.Errorf("Modify to the reserved Key: %v, want ErrInvalid", err)
	}
	r.until(1, reactor.WriteReady)
}

func testErrorText(t *testing.T, s *suite) {
	r := s.rig(t)
	a, _ := r.pair()
	err := r.p.Delete(a.FD())
	var pe *reactor.PollError
	if !errors.As(err, &pe) || pe.Op != "delete" || pe.FD != a.FD() {
		t.Fatalf("Delete: %#v, want a *PollError of delete, fd %d", err, a.FD())
	}
}

func testAddWhileWaiting(t *testing.T, s *suite) {
	for range 20 {
		r := s.rig(t)
		a, _ := r.pair()
		w := r.goWait(-1)
		r.add(a.FD(), 7, reactor.Writable, reactor.Edge)
		if got := readinessOf(w.end(), 7); got&reactor.WriteReady == 0 {
			t.Fatalf("Wait returned %v, %v", w.events, w.err)
		}
	}
}

func testModifyWhileWaiting(t *testing.T, s *suite) {
	for _, mode := range []reactor.Mode{reactor.Level, reactor.Edge, reactor.OneShot} {
		r := s.rig(t)
		a, _ := r.pair()
		r.add(a.FD(), 7, reactor.Readable, mode)
		w := r.goWait(-1)
		r.modify(a.FD(), 8, reactor.Readable|reactor.Writable, mode)
		if got := readinessOf(w.end(), 8); got&reactor.WriteReady == 0 {
			t.Fatalf("%v: Wait returned %v, %v", mode, w.events, w.err)
		}
	}
}

func testDeleteAddAgain(t *testing.T, s *suite) {
	r := s.rig(t)
	a, b := r.pair()
	r.write(b, "x")
	for key := reactor.Key(1); key < 10; key++ {
		r.add(a.FD(), key, reactor.Readable, reactor.Edge)
		r.until(key, reactor.ReadReady)
		r.delete(a.FD())
	}
}

func testNoEventAfterDelete(t *testing.T, s *suite) {
	for _, mode := range []reactor.Mode{reactor.Level, reactor.Edge, reactor.OneShot} {
		r := s.rig(t)
		a, b := r.pair()
		r.add(a.FD(), 7, reactor.Readable|reactor.Writable, mode)
		r.write(b, "x")
		r.until(7, reactor.WriteReady)
		r.write(b, "y") // its event may be in the system
		r.delete(a.FD())
		for range 3 {
			if events := r.wait(pause / 3); len(events) != 0 {
				t.Fatalf("%v: events after Delete: %v", mode, events)
			}
		}
	}
}

func testModifyKey(t *testing.T, s *suite) {
	r := s.rig(t)
	a, b := r.pair()
	r.add(a.FD(), 1, reactor.Readable, reactor.Level)
	r.write(b, "x")
	r.until(1, reactor.ReadReady)
	r.modify(a.FD(), 2, reactor.Readable, reactor.Level)
	events := r.wait(testTimeout)
	if len(events) != 1 || events[0].Key != 2 {
		t.Fatalf("events %v, want one of key 2", events)
	}
}

func testKeyRoundTrip(t *testing.T, s *suite) {
	r := s.rig(t)
	a, _ := r.pair()
	keys := []reactor.Key{0, 1, 1<<31 - 1, 1 << 31, 1<<32 - 1, 1 << 32, 1<<63 - 1, 1 << 63,
		0x0123456789abcdef, 0xfedcba9876543210, reactor.ReservedKey - 1}
	for bit := range 64 {
		keys = append(keys, 1<<bit, reactor.ReservedKey&^(1<<bit))
	}
	r.add(a.FD(), 42, 0, reactor.Level)
	for _, key := range keys {
		r.modify(a.FD(), key, reactor.Writable, reactor.Level)
		events := r.wait(testTimeout)
		if len(events) != 1 || events[0].Key != key {
			t.Fatalf("key %#x came back as %v", key, events)
		}
	}
}

func testAppend(t *testing.T, s *suite) {
	r := s.rig(t)
	a, _ := r.pair()
	r.add(a.FD(), 7, reactor.Writable, reactor.Level)
	first := reactor.Event{Key: 1, Ready: reactor.PriorityReady}
	for _, room := range []int{1, 8} {
		events := append(make([]reactor.Event, 0, room), first)
		events, err := r.p.Wait(events, testTimeout)
		if err != nil || len(events) != 2 || events[0] != first || events[1].Key != 7 {
			t.Fatalf("room %d: events %v, %v", room, events, err)
		}
	}
}

func testBusy(t *testing.T, s *suite) {
	r := s.rig(t)
	w := r.goWait(-1)
	for deadline := time.Now().Add(testTimeout); ; {
		events, err := r.p.Wait(nil, 0)
		if errors.Is(err, reactor.ErrBusy) && len(events) == 0 {
			break
		}
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("Wait during another: %v, want ErrBusy", err)
		}
	}
	if err := r.p.Notify(); err != nil {
		t.Fatal(err)
	}
	if w.end(); w.err != nil {
		t.Fatalf("the Wait in progress: %v", w.err)
	}
	r.wait(0) // Wait works again
}
