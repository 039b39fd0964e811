package wheel

import "math/bits"

const (
	levels        = 6
	digitBits     = 6 // a tick is read in digits of base 64, one per level
	slotsPerLevel = 1 << digitBits
	digitMask     = slotsPerLevel - 1

	top = levels - 1
)

// slot is a ring of entries in the order they came: head.prev is the last one,
// so that a list that is added to at its end needs one pointer only.
type slot struct {
	head *Entry
	// bound is the tick before which nothing in the slot is due. It is the
	// earliest tick of what was linked since the slot was last empty: removing
	// that entry leaves it too low, which costs a wake-up, and never too high.
	bound uint64
}

// found is an occupied slot and the ticks it covers.
type found struct {
	level, index int
	start, end   uint64 // end is the first tick after it
}

// slotFor returns the slot for an entry that fires at tick, which must not be before
// cur: on the level of the highest digit in which tick and cur differ, the slot
// of tick's digit there. (See the package comment for why.)
//
// The digits above the top level's have no level, so the top level is circular: a
// slot there that is not ahead of cur's belongs to the next revolution, and cur's own
// slot is the furthest. Entries several revolutions ahead share a slot with those
// one revolution ahead, and stay in it until their revolution.
func (w *Wheel) slotFor(tick uint64) int {
	level := min((bits.Len64(tick^w.cur|1)-1)/digitBits, top)
	return level<<digitBits | int(tick>>(level*digitBits)&digitMask)
}

// earliest finds the occupied slot that starts first. Everything on a level is
// earlier than everything above it, so that is the first occupied slot of the
// first occupied level; and no slot below cur's digit is occupied.
func (w *Wheel) earliest() (found, bool) {
	for level, occupied := range &w.occupied {
		w.work.probes++
		if occupied == 0 {
			continue
		}
		shift := level * digitBits
		here := w.cur >> shift
		var there uint64
		if level < top {
			there = here&^digitMask | uint64(bits.TrailingZeros64(occupied))
		} else {
			// Look from the slot after cur's on, around to cur's own.
			ahead := bits.RotateLeft64(occupied, -int((here+1)&digitMask))
			there = here + 1 + uint64(bits.TrailingZeros64(ahead))
		}
		return found{
			level: level,
			index: level<<digitBits | int(there&digitMask),
			start: there << shift,
			end:   (there + 1) << shift,
		}, true
	}
	return found{}, false
}

// cascade empties a slot whose first tick is cur, and puts each entry into its
// slot as of cur: on a lower level or, for an entry a whole revolution of
// the top level away, back into the same slot. Rings keep their order.
func (w *Wheel) cascade(index int) {
	e := w.slots[index].head
	back := e.prev
	back.next = nil // cut the ring open, to know where it ends
	w.vacate(index)
	for e != nil {
		next := e.next
		if back != nil { // see scout
			back = back.prev
		}
		tick := e.pos.tick()
		w.link(e, tick, w.slotFor(tick))
		w.work.moves++
		e = next
	}
}

// scout is called for each entry that leaves the slot in the order of its ring, and loads one from the
// other end. Many timers are scattered in memory, so following a ring misses the cache at each entry. Two
// walks, from both ends, miss at the same time; when they meet, the entries that are left are in the cache.
func (w *Wheel) scout(index int) {
	if w.scouted != index || w.back == nil {
		w.scouted = index
		w.back = w.slots[index].head
	}
	w.back = w.back.prev
}

// link puts e at the end of a slot's ring.
func (w *Wheel) link(e *Entry, tick uint64, index int) {
	e.pos = at(tick, index)
	s := &w.slots[index]
	if s.head == nil {
		e.next, e.prev = e, e
		s.head = e
		s.bound = tick
		w.occupied[index>>digitBits] |= 1 << (index & digitMask)
		return
	}
	first, last := s.head, s.head.prev
	e.next, e.prev = first, last
	last.next, first.prev = e, e
	s.bound = min(s.bound, tick)
}

// release takes e out of its ring and makes it idle.
func (w *Wheel) release(e *Entry) {
	if e.prev.next != e {
		panic("wheel: entry was copied while it was armed")
	}
	if w.back == e {
		w.back = nil // it belongs to its owner from now on: scout must not load it any more
	}
	index := e.pos.slot()
	s := &w.slots[index]
	if e.next == e {
		w.vacate(index)
	} else {
		e.prev.next, e.next.prev = e.next, e.prev
		if s.head == e {
			s.head = e.next
		}
	}
	e.wheel, e.next, e.prev = nil, nil, nil
	w.armed--
}

// vacate marks a slot as empty.
func (w *Wheel) vacate(index int) {
	w.slots[index].head = nil
	w.occupied[index>>digitBits] &^= 1 << (index & digitMask)
}
