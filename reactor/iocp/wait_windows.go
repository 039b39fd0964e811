package iocp

import (
	"math"
	"slices"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
)

// Wait implements [reactor.Poller].
func (p *Poller) Wait(events []reactor.Event, timeout time.Duration) ([]reactor.Event, error) {
	if !p.waitMu.TryLock() {
		if p.closed.Load() {
			return events, reactor.ErrClosed
		}
		return events, reactor.ErrBusy
	}
	defer p.waitMu.Unlock()
	if p.closed.Load() {
		return events, reactor.ErrClosed
	}
	out, err := p.wait(events, timeout)
	if p.closed.Load() {
		return events, reactor.ErrClosed
	}
	if err != nil {
		return events, &reactor.PollError{Op: "wait", FD: reactor.NoFD, Err: err}
	}
	return out, nil
}

// wait goes round until there is something to report, somebody to answer, or no time left. A round begins
// with the polls that have become due, among them those that the packets of the round before asked for.
func (p *Poller) wait(events []reactor.Event, timeout time.Duration) ([]reactor.Event, error) {
	had := len(events)
	var start time.Time
	if timeout > 0 {
		start = time.Now()
	}
	left := timeout
	for {
		p.mu.Lock()
		p.pollAll()
		if events = p.reportBroken(events); len(events) > had {
			left = 0 // take what else is there
		}
		p.waiting = left != 0
		p.mu.Unlock()

		room := min(len(p.buf), reactor.MaxEvents-(len(events)-had)) // at least 1: see reportBroken
		n, err := getPackets(p.port, p.buf[:room], millis(left))

		p.mu.Lock()
		p.waiting = false
		notified := false
		if err == nil {
			events, notified = p.take(p.buf[:n], events)
		}
		again := len(p.toPoll) > 0 || len(p.broken) > 0
		p.mu.Unlock()

		if err != nil || len(events) > had || notified || p.closed.Load() {
			return events, err
		}
		if timeout > 0 {
			// Kept as a start and a length, which cannot overflow.
			left = max(0, timeout-time.Since(start))
		}
		if left == 0 && n == 0 || left == 0 && !again {
			return events, nil
		}
	}
}

// pollAll starts or cancels the polls that are due. What cannot be polled is reported as an error: nobody
// would ever hear of it again otherwise.
func (p *Poller) pollAll() {
	for i, s := range p.toPoll {
		p.toPoll[i] = nil
		s.listed = false
		if !s.gone && s.needsPoll() && p.poll(s) != nil {
			p.broken = append(p.broken, s)
		}
	}
	p.toPoll = p.toPoll[:0]
}

// reportBroken reports those whose poll could not be started, as far as there is room. It leaves room for one
// packet.
func (p *Poller) reportBroken(events []reactor.Event) []reactor.Event {
	n := 0
	for room := reactor.MaxEvents - 1; n < len(p.broken) && room > 0; n++ {
		s := p.broken[n]
		if s.gone || s.wanted == 0 {
			continue
		}
		events = append(events, reactor.Event{Key: s.key, Ready: reactor.ErrorReady})
		room--
		s.reported(s.wanted)
		p.later(s)
	}
	p.broken = slices.Delete(p.broken, 0, n)
	return events
}

// take works off packets.
func (p *Poller) take(packets []entry, events []reactor.Event) (_ []reactor.Event, notified bool) {
	for i := range packets {
		e := &packets[i]
		if e.key == notifyKey {
			notified = p.noted() || notified
			continue
		}
		if ev := p.complete(slot(e.overlapped)); ev.Ready != 0 {
			events = append(events, ev)
		}
	}
	if n := len(packets); n == len(p.buf) && n < reactor.MaxEvents {
		p.buf = make([]entry, min(2*n, reactor.MaxEvents))
	}
	return events, notified
}

// complete works off the packet of a poll: from here on the slot's block is ours again.
func (p *Poller) complete(at slot) reactor.Event {
	p.polls--
	s := p.slots.owner(at)
	if s.stuck {
		p.stuck--
	}
	stale := s.state == cancelled
	s.state = idle
	if s.gone {
		p.slots.give(at)
		return reactor.Event{}
	}
	_, b := p.slots.block(at)
	found, err := b.result()
	switch {
	case err == nil && found&afdLocalClose != 0:
		// Closed before it was deleted. Nothing can be told of it any more, and its number is free.
		p.drop(s)
		return reactor.Event{}
	case stale:
		found = 0 // what it found was asked under other terms; what holds will be found again
	case err != nil:
		p.broken = append(p.broken, s)
		return reactor.Event{}
	}
	ready := s.found(found)
	p.later(s)
	return reactor.Event{Key: s.key, Ready: ready}
}

// later has s polled by the next round or the next Wait, if there is anything to ask.
func (p *Poller) later(s *socket) {
	if !s.listed && s.needsPoll() {
		s.listed = true
		p.toPoll = append(p.toPoll, s)
	}
}

// millis rounds d up, so that a wait never ends early, and cuts it off at 24 days: wait goes on from there.
func millis(d time.Duration) uint32 {
	if d < 0 {
		return math.MaxUint32 // INFINITE
	}
	if d == 0 {
		return 0
	}
	ms := (d-1)/time.Millisecond + 1 // not (d + a millisecond - 1), which could overflow
	return uint32(min(ms, math.MaxInt32))
}
