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
		if !p.open.Load() {
			return events, reactor.ErrClosed
		}
		return events, reactor.ErrBusy
	}
	defer p.waitMu.Unlock()
	if !p.open.Load() {
		return events, reactor.ErrClosed
	}
	out, err := p.wait(events, timeout)
	if !p.open.Load() {
		return events, reactor.ErrClosed
	}
	if err != nil {
		return events, &reactor.PollError{Op: "wait", FD: reactor.NoFD, Err: err}
	}
	return out, nil
}

// wait repeats a round until there is something to report, a Notify to return for, or no time left. A round begins with
// the polls that are due, among them those that became due through the packets of the round before.
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
			left = 0 // take the packets that are in the port, and return
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

		if err != nil || len(events) > had || notified || !p.open.Load() {
			return events, err
		}
		if timeout > 0 {
			// The deadline is kept as a start and a length, which cannot overflow.
			left = max(0, timeout-time.Since(start))
		}
		if left == 0 && n == 0 || left == 0 && !again {
			return events, nil
		}
	}
}

// pollAll starts or cancels the polls that are due. A socket whose poll fails is reported with an error, since nothing
// else would ever be reported of it.
func (p *Poller) pollAll() {
	for i, s := range p.toPoll {
		p.toPoll[i] = nil
		s.queued = false
		if !s.gone && s.needsPoll() && p.poll(s) != nil {
			p.broken = append(p.broken, s)
		}
	}
	p.toPoll = p.toPoll[:0]
}

// reportBroken reports the sockets whose poll did not start, as far as there is room. It leaves room for one packet.
func (p *Poller) reportBroken(events []reactor.Event) []reactor.Event {
	n := 0
	for room := reactor.MaxEvents - 1; n < len(p.broken) && room > 0; n++ {
		s := p.broken[n]
		if s.gone || s.wanted == 0 {
			continue
		}
		events = append(events, reactor.Event{Key: s.key, Ready: reactor.ErrorReady})
		room--
		s.markReported(s.wanted)
		p.pollLater(s)
	}
	p.broken = slices.Delete(p.broken, 0, n)
	return events
}

// take handles packets.
func (p *Poller) take(packets []entry, events []reactor.Event) (_ []reactor.Event, notified bool) {
	for i := range packets {
		e := &packets[i]
		if e.key == notifyKey {
			notified = p.notify.Take() || notified
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

// complete handles the packet of a poll. The kernel does not use the slot's block any more.
func (p *Poller) complete(at slot) reactor.Event {
	p.polls--
	s := p.slots.owner(at)
	if s.stuck {
		p.stuck--
	}
	stale := s.state == cancelled
	s.state = idle
	if s.gone {
		p.slots.put(at)
		return reactor.Event{}
	}
	_, b := p.slots.block(at)
	found, err := b.result()
	switch {
	case err == nil && found&afdLocalClose != 0:
		// The socket was closed before it was deleted. There is nothing to report, and its number is free.
		p.drop(s)
		return reactor.Event{}
	case stale:
		found = 0 // the poll was for other events; the next poll finds again what holds
	case err != nil:
		p.broken = append(p.broken, s)
		return reactor.Event{}
	}
	ready := s.takeFound(found)
	p.pollLater(s)
	return reactor.Event{Key: s.key, Ready: ready}
}

// pollLater has s polled by the next round or the next Wait, if it needs a poll.
func (p *Poller) pollLater(s *socket) {
	if s.needsPoll() {
		p.enqueue(s)
	}
}

// enqueue puts s into toPoll unless it is there.
func (p *Poller) enqueue(s *socket) {
	if !s.queued {
		s.queued = true
		p.toPoll = append(p.toPoll, s)
	}
}

// millis rounds d up, so that a wait never ends early, and limits it to 24 days; wait calls again for the rest.
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
