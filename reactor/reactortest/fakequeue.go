package reactortest

import "github.com/moduvex/moduvex-go/reactor"

// This file has the logic of a system's selector: which conditions a registration reports, and when. Its functions are
// called under Fake.mu.

// visible returns the part of ready that is reported to interest. Errors and hang-ups always are.
func visible(ready reactor.Readiness, interest reactor.Interest) reactor.Readiness {
	const hangUp = reactor.ReadClosed | reactor.WriteClosed
	mask := reactor.ErrorReady
	if interest&reactor.Readable != 0 {
		mask |= reactor.ReadReady | reactor.ReadClosed
	}
	if interest&reactor.Writable != 0 {
		mask |= reactor.WriteReady | reactor.WriteClosed
	}
	if interest&reactor.Priority != 0 {
		mask |= reactor.PriorityReady
	}
	if ready&hangUp == hangUp {
		mask |= hangUp
	}
	return ready & mask
}

// edge records that ready began to hold, or something was added to it, and returns whether s reports some of it.
func (f *Fake) edge(s *source, ready reactor.Readiness) bool {
	ready = visible(ready, s.interest) &^ s.disarmed
	if ready == 0 {
		return false
	}
	s.pending |= ready
	f.push(s)
	return true
}

func (f *Fake) push(s *source) {
	if !s.queued {
		s.queued = true
		f.queue = append(f.queue, s)
	}
	f.changed()
}

// everything is all that a Poller reports.
const everything = ^reactor.Readiness(0) &^ reactor.Closed

// gather goes once through the queue and appends at most MaxEvents. The sources that remain, and those under Level whose
// condition still holds, are in the queue for the next Wait, round-robin.
func (f *Fake) gather(events []reactor.Event) []reactor.Event {
	n := len(f.queue)
	left := reactor.MaxEvents
	taken := 0
	for ; taken < n && left > 0; taken++ {
		s := f.queue[taken]
		s.queued = false
		if s.deleted {
			continue
		}
		level := visible(f.levels[s.fd], s.interest)
		ready := s.pending
		s.pending = 0
		switch s.mode {
		case reactor.Level:
			ready |= level
		case reactor.OneShot:
			ready = (ready | level) &^ s.disarmed
			if ready != 0 {
				s.disarmed = everything
			}
		case reactor.Edge:
			if f.once {
				s.disarmed |= ready
			}
		}
		if ready == 0 {
			continue
		}
		events = append(events, reactor.Event{Key: s.key, Ready: ready})
		left--
		if s.mode == reactor.Level && level != 0 {
			f.push(s)
		}
	}
	m := copy(f.queue, f.queue[taken:])
	clear(f.queue[m:])
	f.queue = f.queue[:m]
	return events
}

// RearmFake is a Fake without edges, like a backend over AFD: under Edge it reports a condition once, and
// again only after Rearm. It is a [reactor.Rearmer].
type RearmFake struct {
	*Fake
}

var _ reactor.Rearmer = RearmFake{}

// NewRearmFake returns a RearmFake that watches nothing yet.
func NewRearmFake() RearmFake {
	f := NewFake()
	f.once = true
	return RearmFake{f}
}

// Rearm implements [reactor.Rearmer].
func (f RearmFake) Rearm(fd uintptr, key reactor.Key, interest reactor.Interest) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.begin("rearm"); err != nil {
		return opError("rearm", fd, err)
	}
	s := f.sources[fd]
	if s == nil || s.key != key {
		return opError("rearm", fd, reactor.ErrNotFound)
	}
	mask := reactor.ErrorReady
	if interest&reactor.Readable != 0 {
		mask |= reactor.ReadReady | reactor.ReadClosed
	}
	if interest&reactor.Writable != 0 {
		mask |= reactor.WriteReady | reactor.WriteClosed
	}
	if interest&reactor.Priority != 0 {
		mask |= reactor.PriorityReady
	}
	s.disarmed &^= mask
	f.edge(s, f.levels[fd]&mask)
	return nil
}
