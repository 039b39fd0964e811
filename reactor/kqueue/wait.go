//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package kqueue

import (
	"time"

	"github.com/moduvex/moduvex-go/reactor"
	"golang.org/x/sys/unix"
)

// maxTimeout is how long one system call waits at most. Some of these kernels refuse a timeout that is too long for
// them.
const maxTimeout = 24 * time.Hour

// wait appends the Events to report to events. It calls the kernel again after everything that does not end a
// Wait: a signal, the end of maxTimeout, and kernel events of which nothing is reported.
func (p *Poller) wait(events []reactor.Event, timeout time.Duration) ([]reactor.Event, error) {
	p.waits++
	before := len(events)
	var start time.Time
	if timeout > 0 {
		start = time.Now()
	}
	// The deadline is kept as a start and a length, which cannot overflow.
	for left := timeout; ; {
		room := len(p.buf)
		n, err := p.k.Kevent(p.kq, nil, p.buf, p.pollTimeout(left))
		if err == unix.EINTR {
			n, err = 0, nil
		}
		if err != nil {
			return events, err
		}
		var woken, half bool
		events, woken, half = p.collect(events, before, p.buf[:n])
		if half {
			events, woken = p.lookAgain(events, before, woken)
		}
		if woken || len(events) > before || !p.open.Load() {
			return events, nil
		}
		if timeout > 0 {
			left = timeout - time.Since(start)
		}
		if timeout >= 0 && left <= 0 && n < room {
			return events, nil
		}
		left = max(left, min(timeout, 0)) // the buffer was full of unreported events: look behind them
	}
}

// pollTimeout returns how long the kernel may wait if left is the rest of the timeout.
func (p *Poller) pollTimeout(left time.Duration) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.held) != 0 {
		return 0
	}
	return min(left, maxTimeout)
}

// lookAgain appends what else there is to report, without waiting, as far as a Wait has room. It ignores an error, which
// the next Wait meets again.
func (p *Poller) lookAgain(events []reactor.Event, before int, woken bool) ([]reactor.Event, bool) {
	room := min(len(p.buf), reactor.MaxEvents-(len(events)-before))
	if room <= 0 {
		return events, woken
	}
	n, err := p.k.Kevent(p.kq, nil, p.buf[:room], 0)
	if err != nil {
		return events, woken
	}
	events, also, _ := p.collect(events, before, p.buf[:n])
	return events, woken || also
}

// collect appends what the kernel's events and the held sources report. The Events of this Wait begin at before. woken
// says that Notify was called; half, that a one-shot registration has reported only one of its two directions.
func (p *Poller) collect(events []reactor.Event, before int, kevents []kevent) (_ []reactor.Event, woken, half bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	oneShots := false
	for i := range kevents {
		ev := &kevents[i]
		if p.isNotifier(ev) {
			woken = p.takeNotify() || woken
			continue
		}
		s := p.sources[int(ev.ident)]
		if s == nil || uint32(ev.udata[0]) != s.tag {
			continue // the registration was deleted meanwhile
		}
		events = p.report(events, s, p.interpret(s, ev))
		oneShots = oneShots || s.mode == reactor.OneShot
	}
	for i := 0; i < len(kevents) && oneShots; i++ {
		if s := p.sources[int(kevents[i].ident)]; s != nil && s.lastWait == p.waits && s.mode == reactor.OneShot {
			const both = reactor.ReadReady | reactor.WriteReady
			half = half || requests(s.interest, read) && requests(s.interest, write) && events[s.at].Ready&both != both
		}
	}
	events = p.reportHeld(events, before)
	if n := len(kevents); n == len(p.buf) && n < reactor.MaxEvents {
		p.buf = make([]kevent, min(2*n, reactor.MaxEvents))
	}
	return events, woken, half
}

// interpret returns what a kernel event reports of s. It replaces the event's filter if the filter reports too little or
// too much for its registration.
func (p *Poller) interpret(s *source, ev *kevent) reactor.Readiness {
	f := p.k.filterOf(int(ev.filter))
	flags := int(ev.flags)
	switch {
	case flags&evError != 0:
		return reactor.ErrorReady
	case f == filters:
		return 0
	}
	ready, lone := s.translate(f, flags, uint32(ev.fflags), int64(ev.data))
	if lone && !isSocket(s.fd) {
		ready |= reactor.WriteClosed
	}
	switch has := s.have[f]; {
	case ready != 0 && s.mode == reactor.Level && has.guard && has.flags != 0:
		p.replace(s, f, 0)
	case ready == 0 && has.installed && has.flags == 0:
		p.replace(s, f, evClear)
	}
	return ready
}

// replace gives a filter other flags.
//
// Without evClear a guard of a Level registration reports a hang-up or an error in every Wait, as long as it holds.
// With evClear the kernel reports a filter only when something changes. interpret uses that for a filter that the
// kernel reports in every Wait although there is nothing to report, on which Waits would spin: a guard whose error
// has been collected reports bytes next on a kernel that caps the mark at the size of a full buffer (darwin).
//
// If the kernel refuses the guard without evClear, the hang-up was reported once. If it refuses the filter with
// evClear, no filter reports an error or a hang-up from now on: replace holds an error, so that the owner tries.
func (p *Poller) replace(s *source, f filter, flags int) {
	var have, want configs
	have[f], want[f] = s.have[f], s.have[f]
	want[f].flags = flags
	var buf [2 * filters]change
	list := plan(buf[:0], have, want) // a deletion and an addition
	switch errs := p.submit(s, list); {
	case errs[1] == nil:
		s.have[f] = want[f]
	case flags == evClear:
		s.have[f] = config{}
		p.unhold(s)
		s.held |= reactor.ErrorReady
		p.hold(s)
	}
}

// report appends an Event of s, or adds to the Event of s that this Wait has already.
func (p *Poller) report(events []reactor.Event, s *source, ready reactor.Readiness) []reactor.Event {
	switch {
	case ready == 0:
	case s.lastWait == p.waits:
		events[s.at].Ready |= ready
	case s.mode == reactor.OneShot && s.fired:
	default:
		s.lastWait, s.at = p.waits, len(events)
		s.fired = s.mode == reactor.OneShot
		events = append(events, reactor.Event{Key: s.key, Ready: ready})
	}
	return events
}

// reportHeld reports what is held, as far as there is room, and then drops it, except under Level.
func (p *Poller) reportHeld(events []reactor.Event, before int) []reactor.Event {
	kept := p.held[:0]
	for _, s := range p.held {
		if len(events)-before == reactor.MaxEvents {
			kept = append(kept, s)
			continue
		}
		events = p.report(events, s, s.held)
		if s.mode == reactor.Level {
			kept = append(kept, s)
		} else {
			s.held = 0
		}
	}
	clear(p.held[len(kept):])
	p.held = kept
	return events
}

// isSocket reports whether fd is a socket rather than a pipe.
func isSocket(fd int) bool {
	_, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	return err == nil
}
