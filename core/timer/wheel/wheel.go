package wheel

import "time"

// A Wheel holds armed entries and returns them when they are due. It reads no
// clock: the caller passes the time, as a duration since an epoch of its
// choosing.
//
// A Wheel has one owner and no locks. Make one with [New].
type Wheel struct {
	// cur is the current tick: every entry of an earlier tick has fired
	// or been removed, and every armed entry is where slotFor puts it at cur.
	cur uint64
	// now is the tick of the latest time given to Expire. cur catches up with
	// it in the course of a drain: cur <= now, and cur == now outside a drain.
	now uint64
	// draining is set while Expire has returned an entry and not yet nil.
	draining bool

	armed int

	back    *Entry // an armed entry: how far scout has come in slot scouted; or nil
	scouted int

	// occupied has a bit for each slot that is not empty, one word per level.
	occupied [levels]uint64
	slots    [levels * slotsPerLevel]slot

	// work counts what the wheel has done, for the tests that bound it.
	work struct {
		probes uint64 // levels looked at
		moves  uint64 // entries cascaded
	}
}

// New returns an empty wheel whose time is now. A now before the epoch counts
// as the epoch, here and in Expire.
func New(now time.Duration) *Wheel {
	tick := elapsed(now)
	return &Wheel{cur: tick, now: tick}
}

// Len is the number of armed entries.
func (w *Wheel) Len() int { return w.armed }

// Insert arms e to fire once deadline has passed, and not before: at the first
// tick at or after it. Every deadline is valid, however far; one before the epoch
// is past.
//
// An entry whose deadline is past fires at the next Expire. During a drain, that is
// after Expire has returned an entry and before it has returned nil, Insert postpones
// every deadline up to the drain's now to the tick after it. So a drain returns only
// entries that were armed before it began, and a timer that re-arms itself with no
// delay fires once per drain.
//
// It panics if e is armed. The cost is O(1).
func (w *Wheel) Insert(e *Entry, deadline time.Duration) {
	if e.wheel != nil {
		panic("wheel: Insert of an entry that is already armed")
	}
	first := w.now
	if w.draining {
		first++
	}
	e.wheel = w
	e.deadline = deadline
	w.armed++
	tick := max(due(deadline), first)
	w.link(e, tick, w.slotFor(tick))
}

// Remove disarms e and reports whether it was armed: false means that it never
// was, or has been removed, or has fired. A removed entry does not fire, even
// if it is due and the wheel is being drained. The cost is O(1).
//
// It panics if e is armed in another wheel.
func (w *Wheel) Remove(e *Entry) bool {
	if e.wheel == nil {
		return false
	}
	if e.wheel != w {
		panic("wheel: Remove of an entry that is armed in another wheel")
	}
	w.release(e)
	return true
}

// Reset moves e to a new deadline, whether later or earlier, and arms it if it
// is idle. It is Remove followed by Insert. The cost is O(1).
func (w *Wheel) Reset(e *Entry, deadline time.Duration) {
	w.Remove(e)
	w.Insert(e, deadline)
}

// Next is the time until which the caller may sleep: the next at which Expire
// has something to do. ok is false if nothing is armed.
//
// It is never later than the first tick at which an entry is due, and usually
// equal to it: entries waiting to be cascaded are no reason to wake. It can be
// earlier, and Expire then fires nothing and only moves entries down, in two
// cases. The entry that was due then has been removed or reset: there are never
// more such calls than there were removals. Or an entry is more than two years
// ahead, a revolution of the top level, and has to be checked once per revolution.
//
// Once a drain has ended Next is after its now, unless an entry whose deadline is past has
// been armed since. So a caller that sleeps until Next and drains never spins.
// The cost is O(levels).
func (w *Wheel) Next() (at time.Duration, ok bool) {
	s, ok := w.earliest()
	if !ok {
		return 0, false
	}
	// An entry of a later revolution of the top level is due after its slot ends,
	// and perhaps after the entries of the slots behind.
	return instant(min(w.slots[s.index].bound, s.end)), true
}

// Expire returns an entry that is due at now, disarmed, or nil if none is left.
// The caller drains the wheel by repeating the call:
//
//	for e := w.Expire(now); e != nil; e = w.Expire(now) {
//		e.Waker.Wake()
//	}
//
// Between the calls anything may be inserted, removed and reset, the entry
// just returned included. The loop ends, whatever its body arms: see
// [Wheel.Insert]. A caller that stops before nil loses nothing: the next call,
// with the same now or a later one, continues the same drain.
//
// Entries come in the order of their ticks, and those of one tick in the order
// in which they were armed. An entry that was past when it was armed belongs to the
// current tick of that moment, or to the tick that it was postponed to.
//
// Time does not go back: a now before an earlier one counts as that one.
//
// Moving the wheel costs O(levels) for each slot that is emptied, however far
// apart the slots are and however far now has jumped.
func (w *Wheel) Expire(now time.Duration) *Entry {
	w.now = max(w.now, elapsed(now))
	for {
		s, ok := w.earliest()
		if !ok || s.start > w.now {
			w.cur = w.now
			w.draining = false
			w.back = nil
			return nil
		}
		w.cur = s.start
		if s.level == 0 {
			e := w.slots[s.index].head
			w.scout(s.index)
			w.release(e)
			w.draining = true
			return e
		}
		w.cascade(s.index)
	}
}
