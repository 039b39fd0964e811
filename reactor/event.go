package reactor

import "strings"

// Key is the caller's name for a registered descriptor. A Poller stores it and hands it back in every
// Event of that descriptor; it never looks inside. All values are allowed but [ReservedKey].
//
// A Key that carries a generation, as those of [Reactor] do, lets the receiver of an Event tell a
// descriptor from an earlier one that had the same number.
type Key uint64

// ReservedKey is the one Key that Add and Modify refuse (with [ErrInvalid]): a Poller needs a value of
// its own to tell its notifier's events from the caller's.
const ReservedKey = ^Key(0)

// Interest is what a registration asks to be told, a set of bits. The zero Interest is allowed: errors
// and hang-ups are reported all the same, nothing else is.
type Interest uint8

const (
	// Readable asks for ReadReady and, as far as the system tells it, ReadClosed.
	Readable Interest = 1 << iota
	// Writable asks for WriteReady.
	Writable
	// Priority asks for PriorityReady: TCP's urgent data, and whatever else the system files under
	// exceptional conditions. A backend whose system has no such thing accepts and ignores the bit.
	Priority

	interestMask = Readable | Writable | Priority
)

// Valid reports whether i has no bits but the ones defined here. Add and Modify refuse others with
// [ErrInvalid].
func (i Interest) Valid() bool { return i&^interestMask == 0 }

// String returns the names of the bits set, joined by "|", or "none".
func (i Interest) String() string {
	return names(uint8(i), "Readable", "Writable", "Priority")
}

// Mode says how often a condition that holds is reported.
type Mode uint8

const (
	// Level reports in every Wait each condition of the Interest that holds at that moment.
	Level Mode = iota
	// Edge reports a condition when it begins to hold, and again when something is added to it (more
	// bytes, more room). It says nothing while it only goes on holding. So the receiver must use the
	// descriptor until the operation would block before it waits for another Event; see [Poller]
	// under "Edge" for the rest of the bargain.
	Edge
	// OneShot reports once and then keeps silent, errors and hang-ups included, until Modify arms the
	// registration again. It stays registered meanwhile: another Add of it is ErrExists.
	OneShot
)

// Valid reports whether m is one of the modes defined here. Add and Modify refuse others with
// [ErrInvalid].
func (m Mode) Valid() bool { return m <= OneShot }

// String returns the mode's name.
func (m Mode) String() string {
	switch m {
	case Level:
		return "Level"
	case Edge:
		return "Edge"
	case OneShot:
		return "OneShot"
	}
	return "invalid"
}

// Readiness is what is known of a descriptor, a set of bits. Each bit is a hint, never a promise: the
// operation may still find nothing to do and say so with would-block.
type Readiness uint8

const (
	// ReadReady: a read would not block. There are bytes, a datagram (perhaps an empty one), a
	// connection to accept, the end of the stream or an error to be had.
	ReadReady Readiness = 1 << iota
	// WriteReady: a write would not block. There is room, a connect has ended (well or badly), or a
	// write would fail at once.
	WriteReady
	// PriorityReady: an exceptional condition, such as urgent data, can be fetched.
	PriorityReady
	// ReadClosed: nothing more will come in than what is already there. The peer closed, or shut
	// down its sending half, or the connection broke; on a pipe, the last writer went away.
	ReadClosed
	// WriteClosed: nothing more can be sent. The connection is down in both directions, or a pipe's
	// last reader went away.
	WriteClosed
	// ErrorReady: an error is pending on the descriptor. The next operation returns it.
	ErrorReady
	// Closed: the [Registration] was deregistered, or its Reactor closed. Only a Registration reports
	// this bit; a Poller never sets it. The descriptor's number may by now belong to another file, so
	// whoever sees the bit must not touch it.
	Closed
)

// Allows reports whether an operation in direction d should be tried: it may get on, or it would
// return the error or the end of the stream. Errors and hang-ups concern both directions, whatever
// the Interest was.
func (r Readiness) Allows(d Direction) bool { return r.spread()&readyMask(d) != 0 }

// String returns the names of the bits set, joined by "|", or "none".
func (r Readiness) String() string {
	return names(uint8(r),
		"ReadReady", "WriteReady", "PriorityReady", "ReadClosed", "WriteClosed", "ErrorReady", "Closed")
}

// spread adds the bits that ErrorReady implies, so that backends need not agree on whether an error also
// counts as readable and writable: whichever operation comes first returns it, hence both should be tried.
func (r Readiness) spread() Readiness {
	if r&ErrorReady != 0 {
		r |= ReadReady | WriteReady
	}
	return r
}

// Event is one report of Wait: the Key that Add or Modify was given, and what is known.
type Event struct {
	Key   Key
	Ready Readiness
}

// Direction is one of the two ways data goes through a descriptor. Accepting is a Read, connecting a
// Write.
type Direction uint8

const (
	// Read is the direction of read, receive and accept.
	Read Direction = iota
	// Write is the direction of write, send and connect.
	Write
)

// String returns the direction's name.
func (d Direction) String() string {
	if d == Read {
		return "Read"
	}
	return "Write"
}

// names spells out the bits of b; bits beyond the list are shown as "?".
func names(b uint8, list ...string) string {
	if b == 0 {
		return "none"
	}
	var out []string
	for i, name := range list {
		if b&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	if b>>len(list) != 0 {
		out = append(out, "?")
	}
	return strings.Join(out, "|")
}
