//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package kqueue

import (
	"math"

	"github.com/moduvex/moduvex-go/reactor"
)

// source is a registered descriptor. Poller.mu guards all of it.
type source struct {
	fd       int
	tag      uint32 // of this registration; its kernel events carry it
	key      reactor.Key
	interest reactor.Interest
	mode     reactor.Mode

	have   configs           // the filters that the kernel has
	closed reactor.Readiness // ReadClosed and WriteClosed, of the ends that were reported at any time
	held   reactor.Readiness // what Wait has to report although no filter will; see Poller.held
	fired  bool              // it is a one-shot registration that has reported

	lastWait uint64 // the number of the last Wait that reported it,
	at       int    // and its index in the events of that Wait
}

// unreachable is the low-water mark of a guard.
const unreachable = math.MaxInt32

// requests reports whether interest includes what f reports.
func requests(interest reactor.Interest, f filter) bool {
	switch f {
	case read:
		return interest&reactor.Readable != 0
	case write:
		return interest&reactor.Writable != 0
	}
	return interest&reactor.Priority != 0
}

// configure returns the filters for a registration.
func (k *kernel) configure(interest reactor.Interest, mode reactor.Mode) (want configs) {
	for f := range filters {
		want[f] = k.configureOne(f, interest, mode)
	}
	return want
}

func (k *kernel) configureOne(f filter, interest reactor.Interest, mode reactor.Mode) config {
	switch {
	case !k.has(f):
		return config{}
	case !requests(interest, f):
		if f == except {
			return config{} // the guards of the other two suffice
		}
		return config{installed: true, flags: evClear, guard: true}
	case mode == reactor.Edge:
		return config{installed: true, flags: evClear}
	case mode == reactor.OneShot && k.dispatch:
		return config{installed: true, flags: evDispatch}
	case mode == reactor.OneShot:
		return config{installed: true, flags: evOneShot}
	}
	return config{installed: true}
}

// translate converts a kernel event of filter f for s, and records in s.closed the end that it reports. lone is set if
// the event says that writing has ended while reading has not and s did not request writing: whether that is
// reported depends on the kind of file.
func (s *source) translate(f filter, flags int, fflags uint32, data int64) (ready reactor.Readiness, lone bool) {
	requested := requests(s.interest, f)
	eof := flags&evEOF != 0
	switch f {
	case read:
		switch {
		case requested && eof:
			ready = reactor.ReadReady | reactor.ReadClosed
		case requested:
			ready = reactor.ReadReady
		case !eof && data == 0:
			// The kernel reports the guard, in spite of its mark, without a byte to read: an error is pending.
			ready = reactor.ErrorReady
		}
	case write:
		switch {
		case requested && eof:
			ready = reactor.WriteReady | reactor.WriteClosed
		case requested:
			ready = reactor.WriteReady
		}
	default:
		if requested && !eof {
			return reactor.PriorityReady, false
		}
		return 0, false
	}
	if !eof {
		return ready, false
	}
	if fflags != 0 {
		ready |= reactor.ErrorReady
	}
	s.closed |= closedBy(f)
	const hungUp = reactor.ReadClosed | reactor.WriteClosed
	if s.closed == hungUp {
		return ready | hungUp, false
	}
	return ready, f == write && ready == 0
}

// readyAtEnd is what Wait reports if the kernel refused f because the other end of a pipe is gone.
func readyAtEnd(f filter, interest reactor.Interest) reactor.Readiness {
	ready := closedBy(f)
	switch {
	case f == read && requests(interest, f):
		ready |= reactor.ReadReady
	case f == write && requests(interest, f):
		ready |= reactor.WriteReady
	}
	return ready
}

// closedBy is the bit of the end that f reports as closed.
func closedBy(f filter) reactor.Readiness {
	if f == read {
		return reactor.ReadClosed
	}
	return reactor.WriteClosed
}
