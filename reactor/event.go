package reactor

import (
	"strconv"
	"strings"
)

// Key is the caller's name for a registered descriptor. A Poller stores it and returns it in every Event of that
// descriptor; it does not interpret it. All values are allowed except [ReservedKey].
//
// A Key that carries a generation, as those of [Reactor] do, lets the receiver of an Event distinguish a descriptor
// from an earlier one with the same number.
type Key uint64

// ReservedKey is the one Key that Add and Modify refuse (with [ErrInvalid]): a Poller needs a value that distinguishes
// its notifier's events from the caller's.
const ReservedKey = ^Key(0)

// Interest is the set of conditions that a registration requests reports of. The zero Interest is allowed: a Poller
// then reports errors and hang-ups only, which it reports whatever the Interest.
type Interest uint8

const (
	// Readable requests ReadReady and, as far as the system reports it, ReadClosed.
	Readable Interest = 1 << iota
	// Writable requests WriteReady.
	Writable
	// Priority requests PriorityReady: TCP's urgent data, and the system's other exceptional conditions. A
	// backend whose system has none accepts and ignores the bit.
	Priority

	interestMask = Readable | Writable | Priority
)

// Valid reports whether i has defined bits only. Add and Modify refuse others with [ErrInvalid].
func (i Interest) Valid() bool { return i&^interestMask == 0 }

// String returns the names of the bits set, joined by "|", or "none". It prints undefined bits in hexadecimal.
func (i Interest) String() string {
	return names(uint8(i), "Readable", "Writable", "Priority")
}

// Mode says how often a condition that holds is reported.
type Mode uint8

const (
	// Level reports each condition of the Interest in every Wait in which it holds.
	Level Mode = iota
	// Edge reports a condition when it begins to hold, and again when something is added to it (more bytes,
	// more room), but not while it only continues to hold. So the receiver must use the descriptor until the
	// operation would block before it waits for another Event; see [Poller] under "Edge" for the full rules.
	Edge
	// OneShot reports once and then nothing, not even errors and hang-ups, until Modify arms the registration
	// again. It stays registered meanwhile: another Add of it is ErrExists.
	OneShot
)

// Valid reports whether m is defined. Add and Modify refuse other modes with [ErrInvalid].
func (m Mode) Valid() bool { return m <= OneShot }

// String returns the mode's name, or "Mode(n)" if m is not defined.
func (m Mode) String() string {
	switch m {
	case Level:
		return "Level"
	case Edge:
		return "Edge"
	case OneShot:
		return "OneShot"
	}
	return "Mode(" + strconv.Itoa(int(m)) + ")"
}

// Readiness is the set of conditions that are known of a descriptor. Each bit is a hint and no promise: the operation
// may still find nothing to do and return would-block.
type Readiness uint8

const (
	// ReadReady: a read would not block. It would return bytes, a datagram (perhaps an empty one), a connection
	// to accept, the end of the stream or an error.
	ReadReady Readiness = 1 << iota
	// WriteReady: a write would not block. There is room, a connect has completed (with or without success), or a
	// write would fail at once.
	WriteReady
	// PriorityReady: an exceptional condition, such as urgent data, is pending.
	PriorityReady
	// ReadClosed: no more will arrive than what has arrived. The peer closed, or shut down its sending half, or
	// the connection broke; on a pipe, the last writer closed it.
	ReadClosed
	// WriteClosed: nothing more can be sent. The connection is down in both directions, or the last reader of a
	// pipe closed it.
	WriteClosed
	// ErrorReady: an error is pending on the descriptor. The next operation returns it.
	ErrorReady
	// Closed: the [Registration] was deregistered, or its Reactor closed. Only a Registration reports this bit; a
	// Poller never sets it. The descriptor's number may already belong to another file, so the receiver of the
	// bit must not use it.
	Closed
)

// Allows reports whether an operation in direction d should be tried: it may succeed, or return the error or the end of
// the stream. Errors and hang-ups allow both directions, whatever the Interest was.
func (r Readiness) Allows(d Direction) bool { return r.spread()&readyMask(d) != 0 }

// String returns the names of the bits set, joined by "|", or "none". It prints undefined bits in hexadecimal.
func (r Readiness) String() string {
	return names(uint8(r),
		"ReadReady", "WriteReady", "PriorityReady", "ReadClosed", "WriteClosed", "ErrorReady", "Closed")
}

// spread adds the bits that ErrorReady implies. So backends need not agree on whether an error also counts as readable
// and writable: the first operation in either direction returns the error, so both directions are ready.
func (r Readiness) spread() Readiness {
	if r&ErrorReady != 0 {
		r |= ReadReady | WriteReady
	}
	return r
}

// Event is one report of Wait: the Key of the Add or Modify, and the conditions that are known.
type Event struct {
	Key   Key
	Ready Readiness
}

// Direction is one of the two directions of data through a descriptor. Accepting is a Read, connecting a Write.
type Direction uint8

const (
	// Read is the direction of read, receive and accept.
	Read Direction = iota
	// Write is the direction of write, send and connect.
	Write
)

// String returns the direction's name, or "Direction(n)" if d is not defined.
func (d Direction) String() string {
	switch d {
	case Read:
		return "Read"
	case Write:
		return "Write"
	}
	return "Direction(" + strconv.Itoa(int(d)) + ")"
}

// names joins the names of the bits of b. Bits beyond the list come last, in hexadecimal.
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
	if rest := b >> len(list) << len(list); rest != 0 {
		out = append(out, "0x"+strconv.FormatUint(uint64(rest), 16))
	}
	return strings.Join(out, "|")
}
