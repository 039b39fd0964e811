package iocp

import (
	"github.com/moduvex/moduvex-go/reactor"
	"golang.org/x/sys/windows"
)

// socket is one registration. Poller.mu guards it.
//
// # States
//
// A poll is a single question with a single answer, so a registration is a sequence of polls, one at a time.
//
//	       poll            the packet
//	idle ───────→ polling ───────────→ idle
//	  │              │ cancel             ↑
//	  │              ↓      the packet    │
//	  │          cancelled ───────────────┘
//	  └─────────────────────────────────────→ gone   (Delete; when not idle, the packet completes it)
//
//	| from      | event                    | to        | who does what                                        |
//	|-----------|--------------------------|-----------|------------------------------------------------------|
//	| idle      | something is wanted      | idle      | on the list of those to poll                         |
//	| idle      | Wait begins, or is there | polling   | startPoll for all that is wanted                     |
//	| polling   | more is wanted           | cancelled | cancelPoll; less is no reason, it is left out later  |
//	| polling   | packet                   | idle      | Wait reports what is wanted; listed if more is       |
//	| cancelled | packet                   | idle      | listed again; what the packet found will be found    |
//	|           |                          |           | again, and may be old                                |
//	| idle      | Delete                   | gone      | the slot is given back                               |
//	| others    | Delete                   | gone      | cancelPoll; the slot waits for the packet            |
//	| gone      | packet                   | gone      | Wait gives the slot back, and reports nothing        |
//	| gone      | Close                    | gone      | cancelPoll again, if that of Delete failed           |
//
// # What is wanted
//
// Under Level it is the Interest, always. Under Edge and OneShot what was reported is no longer wanted,
// under OneShot nothing is: Modify wants everything again, and Rearm its directions.
type socket struct {
	fd   windows.Handle // as the caller calls it
	base windows.Handle // as the driver does
	at   slot

	key      reactor.Key
	interest reactor.Interest
	mode     reactor.Mode

	state  state
	wanted uint32 // events
	asked  uint32 // events of the outstanding poll
	listed bool   // in Poller.toPoll
	gone   bool   // deleted; the slot, if still held, waits for the packet
	stuck  bool   // Close could not cancel its poll
}

type state uint8

const (
	idle state = iota
	polling
	cancelled
)

// set gives a registration other terms. Whatever holds is wanted from here on.
func (s *socket) set(key reactor.Key, interest reactor.Interest, mode reactor.Mode) {
	s.key, s.interest, s.mode = key, interest, mode
	s.wanted = toAfd(interest) | alwaysEvents
}

// rearm wants what a would-block has shown not to hold. Errors and hang-ups too: the operation would have
// returned the error that was reported, so it has been collected since, and another one would be news.
func (s *socket) rearm(interest reactor.Interest) {
	s.wanted |= toAfd(s.interest&interest) | errorEvents
}

// reported notes what a Wait is about to report.
func (s *socket) reported(events uint32) {
	switch s.mode {
	case reactor.Edge:
		s.wanted &^= events
		if events&readEvents != 0 {
			// Whoever reads to the end, as it must, will find it. Until then a disconnect is no news.
			s.wanted &^= readEvents
		}
	case reactor.OneShot:
		s.wanted = 0
	}
}

// needsPoll reports whether more is wanted than has been asked for.
func (s *socket) needsPoll() bool {
	return s.wanted != 0 && (s.state == idle || s.state == polling && s.wanted&^s.asked != 0)
}

// found turns what a poll has found into what is reported of it: nothing that is not wanted, and a
// disconnect only to those whom it concerns.
func (s *socket) found(events uint32) reactor.Readiness {
	events &= s.wanted
	if events == 0 {
		return 0
	}
	hungUp := events&afdDisconnect != 0 && sendHasEnded(s.fd)
	if events&afdDisconnect != 0 && s.interest&reactor.Readable == 0 && !hungUp {
		// Half of a hang-up, and nobody asked for that half. It goes on holding, so asking on would be
		// answered at once, again and again.
		s.wanted &^= afdDisconnect
		events &^= afdDisconnect
	}
	if events == 0 {
		return 0
	}
	s.reported(events)
	return fromAfd(events, hungUp)
}
