// Package wheel provides a hierarchical timer wheel: it keeps any number of timers,
// arms, moves and cancels each in O(1) without allocating, and finds the next
// deadline in O(levels).
//
// A [Wheel] belongs to one worker and has no locks. It reads no clock and wakes
// no task: the worker calls [Wheel.Next] to learn how long it may sleep, and afterwards
// [Wheel.Expire] for the entries that are due. Times are durations since an epoch that
// the worker chooses, such as the start of its runtime.
//
// # The levels
//
// Time is counted in ticks of a millisecond, and a tick is written in base 64.
// There is a level for each of the six lowest digits, with a slot for each value
// of the digit:
//
//	level   a slot covers      a level covers
//	  5     2^30 ms, 12 d      2^36 ms, 2.2 y    [0][1][2] ... [62][63]  circular
//	  4     2^24 ms, 4.7 h     2^30 ms, 12 d     [0][1][2] ... [62][63]
//	  3     2^18 ms, 4.4 min   2^24 ms, 4.7 h    [0][1][2] ... [62][63]
//	  2     2^12 ms, 4.1 s     2^18 ms, 4.4 min  [0][1][2] ... [62][63]
//	  1     2^6 ms             2^12 ms, 4.1 s    [0][1][2] ... [62][63]
//	  0     1 ms               2^6 ms            [0][1][2] ... [62][63]
//
// An entry is on the level of the highest digit in which its tick differs from
// the current one, in the slot of its digit there. As an example in three digits,
// with the wheel at 5.20.33:
//
//	tick 5.20.40    first differs in the last digit      level 0, slot 40
//	tick 5.21.02    first differs in the middle digit    level 1, slot 21
//	tick 7.00.00    first differs in the first digit     level 2, slot 7
//
//	level 2   . . . . . ^ . # . . .      ^ the digit of the current tick
//	level 1   . . . . . ^ # . . . .      # an occupied slot
//	level 0   . . . . . ^ . # . . .
//
// When the current tick reaches 5.21.00 it enters slot 21 of level 1, and that
// slot is cascaded: its entries now agree with the current tick in the middle
// digit, so they go to level 0. An entry goes down only, at most five times.
//
// The six digits span 2.18 years. An entry further away, up to the last deadline
// a time.Duration can hold, is on the top level too, in the slot of its digit
// there. Each time that slot is cascaded, the entry goes back into it, until the
// digits above agree as well.
//
// # Order
//
// On a level below the top one, an entry's digit is greater than the current
// one: its higher digits agree with the current tick's, and it is not past. So
// these levels never wrap, a level's entries are due before those of all higher
// levels, and on one level a lower slot is due before a higher one. On the top
// level that holds if one counts around from the current digit. The first
// occupied slot of the first occupied level is therefore the first of all. A
// bitmap per level finds it, and finds that everything before it is empty: the
// wheel steps from occupied slot to occupied slot, not from tick to tick.
//
// # Why no entry fires early
//
// Deadlines are rounded up to a tick, the time is rounded down. An entry leaves
// level 0 only when the current tick equals its own, and the current tick is
// never more than the time: so the time has reached the tick, and the tick is
// not before the deadline. Cascading cannot change the tick; it is worked out
// once, when the entry is armed.
//
// # Why no entry is missed, or late
//
// The wheel keeps one invariant: every entry is in the slot that it would get if
// it were armed at the current tick. That slot depends on the current tick only
// by the highest digit that differs, so moving the current tick breaks the invariant
// for an entry only by entering the entry's slot. [Wheel.Expire] never moves
// past the start of the first occupied slot. It stops at that start, so that it is
// the current tick, and cascades the slot before it continues; it computes the new
// slots of the entries from this current tick and from no other. (From an earlier
// tick, an entry would go back to the slot it came from, and fire a revolution
// late.)
//
// Expire thus finds an entry as soon as it is called with a time at or after the
// entry's tick, which is less than a millisecond after the deadline. [Wheel.Next] is
// not later than the first such tick. All further delay is the caller's.
//
// # What it costs
//
// Arming, moving and removing an entry writes the entry, at most two neighbours
// and one slot. Expire and Next look at six words at most, and then at one slot.
// Over its life an entry is moved at most five times, whether time passes in
// single ticks or jumps by a year; a far one also once per revolution of the top
// level that it waits. A wheel is 6 KiB and holds no other memory.
//
// A slot is cascaded in one go, within one call of Expire. So a hundred thousand
// timers armed for the same four seconds are moved together when these begin: if
// they are scattered in memory, that takes some 15 ms, most of it spent waiting
// for the memory.
package wheel
