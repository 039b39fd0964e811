package iocp

import (
	"github.com/moduvex/moduvex-go/reactor"
	"golang.org/x/sys/windows"
)

// socket is one registration. Poller.mu guards it.
//
// # States
//
// A poll completes once, so a registration is a sequence of polls, one at a time.
//
//	       poll            the packet
//	idle ───────→ polling ───────────→ idle
//	  │              │ cancel             ↑
//	  │              ↓      the packet    │
//	  │          cancelled ───────────────┘
//	  └─────────────────────────────────────→ gone   (Delete; when not idle, the packet completes it)
//
//	| from      | event                     | to        | action                                              |
//	|-----------|---------------------------|-----------|-----------------------------------------------------|
//	| idle      | an event is wanted        | idle      | the method queues it in toPoll                      |
//	| idle      | Wait begins or is blocked | polling   | startPoll for all wanted events                     |
//	| polling   | more events are wanted    | cancelled | cancelPoll; fewer are no reason, Wait ignores them  |
//	| polling   | packet                    | idle      | Wait reports the wanted events, and queues it if    |
//	|           |                           |           | others are wanted                                   |
//	| cancelled | packet                    | idle      | Wait queues it; it ignores what the poll found,     |
//	|           |                           |           | which may be old, and the next poll finds again     |
//	| idle      | Delete                    | gone      | Delete frees the slot                               |
//	| others    | Delete                    | gone      | cancelPoll; the slot waits for the packet           |
//	| gone      | packet                    | gone      | Wait frees the slot and reports nothing             |
//	| gone      | Close                     | gone      | cancelPoll again, if that of Delete failed          |
//
// # Wanted events
//
// Under Level the events of the Interest are wanted all the time. Under Edge an event that was reported is no longer
// wanted, and under OneShot no event is after a report. Modify makes all events wanted again, Rearm those of its
// directions.
type socket struct {
	fd   windows.Handle // the caller's number
	base windows.Handle // the driver's
	at   slot

	key      reactor.Key
	interest reactor.Interest
	mode     reactor.Mode

	state  state
	wanted uint32 // events
	polled uint32 // events of the outstanding poll
	queued bool   // in Poller.toPoll
	gone   bool   // deleted; its slot, if it has one, waits for the packet
	stuck  bool   // Close could not cancel its poll
}

type state uint8

const (
	idle state = iota
	polling
	cancelled
)

// set gives s a Key, an Interest and a Mode. All events of the Interest are wanted from then on.
func (s *socket) set(key reactor.Key, interest reactor.Interest, mode reactor.Mode) {
	s.key, s.interest, s.mode = key, interest, mode
	s.wanted = toAfd(interest) | alwaysEvents
}

// rearm makes the events wanted that a would-block has shown not to hold. Errors and hang-ups are among them: the
// operation would have returned an error that was pending, so an error that is found later is another one.
func (s *socket) rearm(interest reactor.Interest) {
	s.wanted |= toAfd(s.interest&interest) | errorEvents
}

// markReported notes the events that a Wait is about to report.
func (s *socket) markReported(events uint32) {
	switch s.mode {
	case reactor.Edge:
		s.wanted &^= events
		if events&readEvents != 0 {
			// The receiver must read until would-block or the end, so it finds a disconnect without a report.
			s.wanted &^= readEvents
		}
	case reactor.OneShot:
		s.wanted = 0
	}
}

// needsPoll reports whether events are wanted that the outstanding poll, if any, is not for.
func (s *socket) needsPoll() bool {
	return s.wanted != 0 && (s.state == idle || s.state == polling && s.wanted&^s.polled != 0)
}

// takeFound converts the events that a poll has found and marks them as reported. It leaves out the events that are not
// wanted, and a disconnect that the Interest does not cover.
func (s *socket) takeFound(events uint32) reactor.Readiness {
	events &= s.wanted
	if events == 0 {
		return 0
	}
	hungUp := events&afdDisconnect != 0 && sendHasEnded(s.fd)
	if events&afdDisconnect != 0 && s.interest&reactor.Readable == 0 && !hungUp {
		// Half of a hang-up, which the Interest does not include. It holds on, so that a poll for it would complete
		// at once, again and again.
		s.wanted &^= afdDisconnect
		events &^= afdDisconnect
	}
	if events == 0 {
		return 0
	}
	s.markReported(events)
	return fromAfd(events, hungUp)
}
