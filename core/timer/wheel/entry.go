package wheel

import "time"

// Waker is what an [Entry] carries for its owner. The wheel never calls it:
// [Wheel.Expire] returns the entry, and its caller wakes.
type Waker interface {
	Wake()
}

// Entry is one timer. It is intrusive: embed it in the future that waits, so
// that arming it allocates nothing. The zero value is idle and ready for use.
//
//	      Insert, Reset
//	idle ---------------> armed ---+
//	 ^                     |  ^    | Reset
//	 |   Expire, Remove    |  +----+
//	 +---------------------+
//
// An entry belongs to the caller that arms it. While it is armed, the wheel points at
// it, so it must not be copied, moved or armed again, and its memory stays
// reachable through the wheel. Everything but Waker belongs to the wheel.
//
// Like the wheel, an entry has no lock: use it only on the wheel's goroutine.
type Entry struct {
	// The fields that the wheel uses when it moves an entry come first, side by side: with a million timers,
	// each cache line is a miss.
	next, prev *Entry // the slot's ring; nil when idle
	pos        position
	wheel      *Wheel // the wheel it is armed in; nil is idle

	// Waker is the owner's: set it before arming, change it at any time.
	// Firing and removing leave it alone.
	Waker Waker

	deadline time.Duration
}

// Armed reports whether e is in a wheel: inserted, and since then neither
// fired nor removed.
func (e *Entry) Armed() bool { return e.wheel != nil }

// Deadline is the deadline e was last armed with, as the caller gave it and not
// rounded to a tick. It outlives firing and removal; it is zero for an entry
// that was never armed.
func (e *Entry) Deadline() time.Duration { return e.deadline }

// position is the tick at which an entry fires and the slot it is in, in one
// word, which keeps an Entry within 56 bytes:
//
//	bits 63..16   the tick; the last one a time.Duration can name takes 44 bits
//	bits 15..0    the slot, an index into Wheel.slots
//
// The tick is not always the deadline's: one that is past when it is armed
// fires at a later tick (see Wheel.Insert), and must not go back to the early
// one when it is cascaded.
type position uint64

const slotBits = 16

func at(tick uint64, slot int) position { return position(tick<<slotBits | uint64(slot)) }

func (p position) tick() uint64 { return uint64(p) >> slotBits }

func (p position) slot() int { return int(p & (1<<slotBits - 1)) }
