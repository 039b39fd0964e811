//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package kqueue

import (
	"time"

	"github.com/moduvex/moduvex-go/reactor"
	"golang.org/x/sys/unix"
)

// longest is how long one system call waits at most. Some of these kernels refuse a timeout that is too
// long for them.
const longest = 24 * time.Hour

// wait appends to events what there is. It goes on after anything that does not end a Wait: a signal, the
// longest, and kernel events that are not to be told.
func (p *Poller) wait(events []reactor.Event, timeout time.Duration) ([]reactor.Event, error) {
	p.turn++
	before := len(events)
	var start time.Time
	if timeout > 0 {
		start = time.Now()
	}
	// The deadline is kept as a start and a length, which cannot overflow.
	for left := timeout; ; {
		room := len(p.buf)
		n, err := p.k.Kevent(p.kq, nil, p.buf, p.patience(left))
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
		if woken || len(events) > before || p.closed.Load() {
			return events, nil
		}
		if timeout > 0 {
			left = timeout - time.Since(start)
		}
		if timeout >= 0 && left <= 0 && n < room {
			return events, nil
		}
		left = max(left, min(timeout, 0)) // what filled the buffer was not to be told: look behind it
	}
}

// patience is how long the kernel may wait if left is what is left of the timeout.
func (p *Poller) patience(left time.Duration) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.held) != 0 {
		return 0
	}
	return min(left, longest)
}

// lookAgain takes what else is there, without waiting, as far as a Wait has room. An error is left for the next
// Wait to meet.
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

// collect appends what the kernel's events and the held ones say. The Events of this Wait begin at before.
// woken says that Notify was called, half that a one-shot registration has reported one of the two
// directions that it asked for.
func (p *Poller) collect(events []reactor.Event, before int, kevents []kevent) (_ []reactor.Event, woken, half bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	oneShots := false
	for i := range kevents {
		ev := &kevents[i]
		if p.isNotifier(ev) {
			woken = p.noted() || woken
			continue
		}
		s := p.sources[int(ev.ident)]
		if s == nil || uint32(ev.udata[0]) != s.tag {
			continue // it was deleted meanwhile
		}
		events = p.report(events, s, p.meaning(s, ev))
		oneShots = oneShots || s.mode == reactor.OneShot
	}
	for i := 0; i < len(kevents) && oneShots; i++ {
		if s := p.sources[int(kevents[i].ident)]; s != nil && s.turn == p.turn && s.mode == reactor.OneShot {
			const both = reactor.ReadReady | reactor.WriteReady
			half = half || asks(s.interest, read) && asks(s.interest, write) && events[s.at].Ready&both != both
		}
	}
	events = p.reportHeld(events, before)
	if n := len(kevents); n == len(p.buf) && n < reactor.MaxEvents {
		p.buf = make([]kevent, min(2*n, reactor.MaxEvents))
	}
	return events, woken, half
}

// meaning is what an event says of s.
func (p *Poller) meaning(s *source, ev *kevent) reactor.Readiness {
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
	case ready == 0 && has.there && has.flags == 0:
		p.replace(s, f, evClear)
	}
	return ready
}

// replace gives a filter other flags. It makes a guard of a Level registration that tells of a hang-up or an error
// do so in every Wait, as long as that holds. And it makes a filter quiet that the kernel reports in every Wait
// for nothing: a guard whose error has been collected reports bytes next, where the mark is capped at the size of
// a buffer that is full (darwin), and Waits would spin on it. With evClear the kernel reports a change only.
//
// If the kernel refuses a guard that insists, the hang-up was reported once. If it refuses a quiet one, nobody would
// report an error or a hang-up from now on, so an error is held for the owner to try.
func (p *Poller) replace(s *source, f filter, flags int) {
	c := s.have[f]
	c.flags = flags
	list := [...]change{{f: f, action: evDelete}, {f, evAdd | evEnable, c}}
	switch errs := p.submit(s, list[:]); {
	case errs[1] == nil:
		s.have[f] = c
	case flags == evClear:
		s.have[f] = config{}
		p.unhold(s)
		s.held |= reactor.ErrorReady
		p.hold(s)
	}
}

// report appends an Event of s, or adds to the one that this Wait has already.
func (p *Poller) report(events []reactor.Event, s *source, ready reactor.Readiness) []reactor.Event {
	switch {
	case ready == 0:
	case s.turn == p.turn:
		events[s.at].Ready |= ready
	case s.mode == reactor.OneShot && s.fired:
	default:
		s.turn, s.at = p.turn, len(events)
		s.fired = s.mode == reactor.OneShot
		events = append(events, reactor.Event{Key: s.key, Ready: ready})
	}
	return events
}

// reportHeld reports what is held, as far as there is room. It is over with that, but under Level.
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

// isSocket tells a socket from a pipe.
func isSocket(fd int) bool {
	_, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	return err == nil
}
