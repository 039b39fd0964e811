package reactor_test

import (
	"slices"
	"testing"

	"github.com/moduvex/moduvex-go/reactor"
)

// model is the expected state of a Registration: its readiness and its waiters.
type model struct {
	g       *reactor.Registration
	ready   reactor.Readiness
	reports int
	waiting [2][]int // by Direction, in order of arrival

	// The user's state: the ReadyEvent of the last poll of each direction, and the number of reports before it.
	held   [2]reactor.ReadyEvent
	heldAt [2]int
}

// concerns returns the bits of a direction.
func concerns(d reactor.Direction) reactor.Readiness {
	if d == reactor.Read {
		return reactor.ReadReady | reactor.PriorityReady | reactor.ReadClosed | reactor.ErrorReady | reactor.Closed
	}
	return reactor.WriteReady | reactor.WriteClosed | reactor.ErrorReady | reactor.Closed
}

const final = reactor.ReadClosed | reactor.WriteClosed | reactor.Closed

// seen is the expected result of a poll of direction d. An error that the other direction has cleared leaves the bits that
// it implied. ErrorReady alone makes no direction ready.
func (m *model) seen(d reactor.Direction) reactor.Readiness {
	seen := m.ready & concerns(d)
	if seen == reactor.ErrorReady {
		return 0
	}
	return seen
}

// script is a program of the fuzzer: two bytes per operation.
type script struct {
	t     *testing.T
	r     *rig
	m     [3]model
	woken [4]counter
	want  [4]int32
	stale []reactor.Key
}

func (s *script) register(fd int) {
	g, err := s.r.r.Register(uintptr(fd), both|reactor.Priority)
	if err != nil {
		s.t.Fatal(err)
	}
	s.m[fd] = model{g: g, heldAt: [2]int{-1, -1}}
}

// wakes records that all waiters for d are woken.
func (s *script) wakes(m *model, d reactor.Direction) {
	for _, w := range m.waiting[d] {
		s.want[w]++
	}
	m.waiting[d] = nil
}

func (s *script) step(op, arg byte) {
	fd, d, w := int(op>>3)%len(s.m), reactor.Direction(op>>5&1), int(op>>6)
	m := &s.m[fd]
	switch op & 7 {
	case 0: // the system reports
		ready := reactor.Readiness(arg &^ (1 << 7))
		s.r.report(uintptr(fd), ready)
		s.reported(m, ready)
	case 1: // a task waits
		ev, ok := m.g.PollReady(&s.woken[w], d)
		s.polled(m, d, ev, ok)
		if !ok && !slices.Contains(m.waiting[d], w) {
			m.waiting[d] = append(m.waiting[d], w)
		}
	case 2: // an operation would have blocked
		m.g.ClearReady(m.held[d], d)
		if m.heldAt[d] == m.reports {
			m.ready &^= m.held[d].Ready &^ final
		}
	case 3: // a task gives up
		m.g.Unwait(&s.woken[w], d)
		m.waiting[d] = slices.DeleteFunc(m.waiting[d], func(x int) bool { return x == w })
	case 4: // a deadline
		for i, waker := range m.g.TakeWaiters(d, nil) {
			if waker != reactor.Waker(&s.woken[m.waiting[d][i]]) {
				s.t.Fatalf("waiter %d of %v is another", i, d)
			}
			waker.Wake()
		}
		s.wakes(m, d)
	case 5: // the descriptor is closed, and its number used again
		s.stale = append(s.stale, reactor.KeyOf(m.g))
		if err := m.g.Deregister(); err != nil {
			s.t.Fatal(err)
		}
		s.wakes(m, reactor.Read)
		s.wakes(m, reactor.Write)
		if ev, ok := m.g.Ready(d); !ok || ev.Ready&reactor.Closed == 0 {
			s.t.Fatalf("a registration that is no more is ready: %v", ev.Ready)
		}
		s.register(fd)
	case 6: // a stale event
		if len(s.stale) > 0 {
			s.r.f.FireKey(s.stale[int(arg)%len(s.stale)], reactor.ReadReady|reactor.WriteReady)
			s.r.waitAndWake()
		}
	case 7: // a poll without a waiter
		ev, ok := m.g.Ready(d)
		s.polled(m, d, ev, ok)
	}
}

// reported records a report: it drops the bits that no Poller reports, and an error belongs to both directions.
func (s *script) reported(m *model, ready reactor.Readiness) {
	ready &^= reactor.Closed
	if ready == 0 {
		return // no event
	}
	if ready&reactor.ErrorReady != 0 {
		ready |= reactor.ReadReady | reactor.WriteReady
	}
	m.ready |= ready
	m.reports++
	for _, d := range []reactor.Direction{reactor.Read, reactor.Write} {
		if ready&concerns(d) != 0 {
			s.wakes(m, d)
		}
	}
}

// polled checks the result of a poll and records it.
func (s *script) polled(m *model, d reactor.Direction, ev reactor.ReadyEvent, ok bool) {
	want := m.seen(d)
	if ok != (want != 0) || ev.Ready != want {
		s.t.Fatalf("%v is %v, %v; want %v", d, ev.Ready, ok, want)
	}
	if ok {
		m.held[d], m.heldAt[d] = ev, m.reports
	}
}

// FuzzRegistrations runs scripts of reports, waits, would-blocks and closes on a few descriptors and on a model.
func FuzzRegistrations(f *testing.F) {
	f.Add([]byte{1, 0, 0, 1, 7, 0, 2, 0, 1, 0})              // wait, report, poll, would-block, wait
	f.Add([]byte{33, 0, 97, 0, 0, 32, 7, 0, 39, 0, 2, 0})    // both directions, an error
	f.Add([]byte{1, 0, 65, 0, 129, 0, 3, 0, 4, 0, 0, 1})     // many wait, one gives up, a deadline
	f.Add([]byte{1, 0, 5, 0, 6, 0, 7, 0, 13, 0, 6, 1, 2, 0}) // closed and used again, a stale event
	f.Add([]byte{0, 8, 7, 0, 2, 0, 7, 0, 0, 255, 7, 0})      // the end of the stream stays
	f.Fuzz(func(t *testing.T, ops []byte) {
		if len(ops) > 1024 {
			t.Skip("longer scripts find nothing that short ones do not")
		}
		s := &script{t: t, r: newRig(t)}
		for fd := range s.m {
			s.register(fd)
		}
		for i := 0; i+1 < len(ops); i += 2 {
			s.step(ops[i], ops[i+1])
			for w := range s.woken {
				if n := s.woken[w].n.Load(); n != s.want[w] {
					t.Fatalf("operation %d: task %d was woken %d times, want %d", i/2, w, n, s.want[w])
				}
			}
		}
		for fd := range s.m {
			for d := range s.m[fd].waiting {
				if n := reactor.Waiters(s.m[fd].g, reactor.Direction(d)); n != len(s.m[fd].waiting[d]) {
					t.Fatalf("%d wait, want %d", n, len(s.m[fd].waiting[d]))
				}
			}
		}
		if err := s.r.r.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
