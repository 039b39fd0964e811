//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package kqueue

import (
	"math"

	"github.com/moduvex/moduvex-go/reactor"
)

// source is a registered descriptor. All of it is under Poller.mu.
type source struct {
	fd       int
	tag      uint32 // of this registration; its kernel events have it
	key      reactor.Key
	interest reactor.Interest
	mode     reactor.Mode

	have   [filters]config   // the filters that the kernel has
	closed reactor.Readiness // ReadClosed and WriteClosed, of the ends that were reported at any time
	held   reactor.Readiness // to be reported though no filter will; see Poller.held
	fired  bool              // a one-shot registration that has reported

	turn uint64 // the Wait that reported it last,
	at   int    // and where in its events
}

// config is how a filter is in the kernel, or is to be. The zero config is that of a filter that is not there.
type config struct {
	there bool
	flags int  // evClear, evDispatch or evOneShot
	guard bool // it is there for hang-ups and errors only
}

// unreachable is the low-water mark of a guard.
const unreachable = math.MaxInt32

// asks reports whether interest asks for what f reports.
func asks(interest reactor.Interest, f filter) bool {
	switch f {
	case read:
		return interest&reactor.Readable != 0
	case write:
		return interest&reactor.Writable != 0
	}
	return interest&reactor.Priority != 0
}

// configure says how f is to be for a registration.
func (k *kernel) configure(f filter, interest reactor.Interest, mode reactor.Mode) config {
	switch {
	case !k.has(f):
		return config{}
	case !asks(interest, f):
		if f == except {
			return config{} // the others are guards enough
		}
		return config{there: true, flags: evClear, guard: true}
	case mode == reactor.Edge:
		return config{there: true, flags: evClear}
	case mode == reactor.OneShot && k.dispatch:
		return config{there: true, flags: evDispatch}
	case mode == reactor.OneShot:
		return config{there: true, flags: evOneShot}
	}
	return config{there: true}
}

// translate says what a kernel event of filter f means for s, and keeps in mind what it says of the ends.
// lone is set if it says that writing has ended, reading has not, and s did not ask for writing: whether
// that is to be told depends on the kind of file.
func (s *source) translate(f filter, flags int, fflags uint32, data int64) (ready reactor.Readiness, lone bool) {
	asked := asks(s.interest, f)
	eof := flags&evEOF != 0
	switch f {
	case read:
		switch {
		case asked && eof:
			ready = reactor.ReadReady | reactor.ReadClosed
		case asked:
			ready = reactor.ReadReady
		case !eof && data == 0:
			// Not a byte, and yet it is reported in spite of the mark: an error is pending.
			ready = reactor.ErrorReady
		}
	case write:
		switch {
		case asked && eof:
			ready = reactor.WriteReady | reactor.WriteClosed
		case asked:
			ready = reactor.WriteReady
		}
	default:
		if asked && !eof {
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

// ended is what it means that the kernel refused f because the other end of a pipe is gone.
func (s *source) ended(f filter, interest reactor.Interest) reactor.Readiness {
	ready := closedBy(f)
	s.closed |= ready
	switch {
	case f == read && asks(interest, f):
		ready |= reactor.ReadReady
	case f == write && asks(interest, f):
		ready |= reactor.WriteReady
	}
	return ready
}

// closedBy is the end of which f reports that it is closed.
func closedBy(f filter) reactor.Readiness {
	if f == read {
		return reactor.ReadClosed
	}
	return reactor.WriteClosed
}
