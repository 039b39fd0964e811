package task

import (
	"slices"

	"github.com/moduvex/moduvex-go/core"
)

// A WakerSet is a set of wakers, in the order in which they were added. Add and Remove take constant time, amortised,
// whatever the number of wakers. The zero WakerSet is empty; a single waker needs no further memory. It
// has no lock.
type WakerSet struct {
	slot core.Waker // nil, the only waker, or a *wakerList
}

// fewWakers is the largest number of wakers that a search compares one by one. A lookup in a map costs about as much as
// that many comparisons.
const fewWakers = 16

// A wakerList is a set of more than one waker, or of one that is shared.
type wakerList struct {
	wakers  []core.Waker       // in order; nil where one was removed, if there is a map of indexes
	indexes map[core.Waker]int // of each in wakers; nil as long as those are few
	gaps    int                // how many of wakers are nil
	start   int                // all wakers before it are nil
	alone   core.Waker         // was the only one before there was a list; nil once it is removed
	shared  []core.Waker       // those that findShared searches beside alone, one for each type
}

// Wake makes a wakerList a core.Waker, so that the slot can hold it. It is not called.
func (l *wakerList) Wake() {}

// Add adds w unless it is in the set, and reports whether it added it.
func (s *WakerSet) Add(w core.Waker) bool {
	l, ok := s.slot.(*wakerList)
	switch {
	case ok:
		return l.add(w)
	case s.slot == nil:
		s.slot = w
		return true
	case s.slot == w:
		return false
	}
	s.slot = &wakerList{wakers: []core.Waker{s.slot, w}, alone: s.slot}
	return true
}

// Remove removes w and reports whether it was in the set.
func (s *WakerSet) Remove(w core.Waker) bool {
	if l, ok := s.slot.(*wakerList); ok {
		removed := l.remove(w)
		if len(l.wakers) == l.gaps {
			s.slot = nil
		}
		return removed
	}
	if s.slot == nil || s.slot != w {
		return false
	}
	s.slot = nil
	return true
}

// Empty reports whether the set has no waker.
func (s *WakerSet) Empty() bool { return s.slot == nil }

// Len returns the number of wakers.
func (s *WakerSet) Len() int {
	if l, ok := s.slot.(*wakerList); ok {
		return len(l.wakers) - l.gaps
	}
	if s.slot == nil {
		return 0
	}
	return 1
}

// First returns the waker that was added first, or nil.
func (s *WakerSet) First() core.Waker {
	if l, ok := s.slot.(*wakerList); ok {
		return l.front()
	}
	return s.slot
}

// TakeAll empties s and returns what it held.
func (s *WakerSet) TakeAll() WakerSet {
	all := *s
	s.slot = nil
	return all
}

// Wake wakes all wakers, in order.
func (s WakerSet) Wake() {
	if l, ok := s.slot.(*wakerList); ok {
		l.each(core.Waker.Wake)
	} else if s.slot != nil {
		s.slot.Wake()
	}
}

// WakeLater is Wake by h.WakeLater.
func (s WakerSet) WakeLater(h core.Host) {
	if l, ok := s.slot.(*wakerList); ok {
		l.each(h.WakeLater)
	} else if s.slot != nil {
		h.WakeLater(s.slot)
	}
}

// findShared returns the W that addShared added, or that is alone in the set.
func findShared[W core.Waker](s *WakerSet) (w W, ok bool) {
	l, many := s.slot.(*wakerList)
	if !many {
		w, ok = s.slot.(W)
		return w, ok
	}
	if w, ok = l.alone.(W); ok {
		return w, true
	}
	for _, shared := range l.shared {
		if w, ok = shared.(W); ok {
			return w, true
		}
	}
	return w, false
}

// addShared adds w, which is not in the set, so that findShared finds it.
func (s *WakerSet) addShared(w core.Waker) {
	s.Add(w)
	if l, ok := s.slot.(*wakerList); ok {
		l.shared = append(l.shared, w)
	}
}

// contains reports whether match is true for one of the wakers.
func (s *WakerSet) contains(match func(core.Waker) bool) bool {
	if l, ok := s.slot.(*wakerList); ok {
		return slices.ContainsFunc(l.wakers, func(w core.Waker) bool { return w != nil && match(w) })
	}
	return s.slot != nil && match(s.slot)
}

// each calls wake for all wakers, also for those behind one that panics or exits the goroutine.
func (l *wakerList) each(wake func(core.Waker)) {
	next := 0
	defer func() {
		if next < len(l.wakers) {
			rest := wakerList{wakers: l.wakers[next:]}
			rest.each(wake)
		}
	}()
	for next < len(l.wakers) {
		w := l.wakers[next]
		next++
		if w != nil {
			wake(w)
		}
	}
}

// front returns the first waker. It looks at each gap once, so it takes constant time, amortised.
func (l *wakerList) front() core.Waker {
	for l.wakers[l.start] == nil { // a wakerList has a waker
		l.start++
	}
	return l.wakers[l.start]
}

func (l *wakerList) find(w core.Waker) int {
	if l.indexes != nil {
		if i, ok := l.indexes[w]; ok {
			return i
		}
		return -1
	}
	return slices.Index(l.wakers, w)
}

func (l *wakerList) add(w core.Waker) bool {
	if l.find(w) >= 0 {
		return false
	}
	if len(l.wakers) == cap(l.wakers) {
		l.pack(isOver)
	}
	if l.indexes == nil && len(l.wakers) >= fewWakers {
		l.makeIndexes()
	}
	if l.indexes != nil {
		l.indexes[w] = len(l.wakers)
	}
	l.wakers = append(l.wakers, w)
	return true
}

func (l *wakerList) remove(w core.Waker) bool {
	i := l.find(w)
	if i < 0 {
		return false
	}
	if l.alone == w {
		l.alone = nil
	}
	l.shared = slices.DeleteFunc(l.shared, func(s core.Waker) bool { return s == w })
	if l.indexes == nil {
		l.wakers = slices.Delete(l.wakers, i, i+1)
		return true
	}
	l.wakers[i] = nil
	delete(l.indexes, w)
	if l.gaps++; l.gaps > len(l.wakers)/2 {
		l.pack(func(core.Waker) bool { return false })
	}
	return true
}

// isOver reports whether a wake of w is known to have no effect: a future that is given up with its task does
// not take its waker back.
func isOver(w core.Waker) bool {
	f, ok := w.(core.FinishedWaker)
	return ok && f.Finished()
}

// pack discards the gaps and the wakers that are over, and then resizes the list so that at most half of its
// capacity is in use. add and remove call it when the capacity is used up or half of the list is gaps, so that as
// many calls as there are wakers share its cost.
func (l *wakerList) pack(over func(core.Waker) bool) {
	if l.alone != nil && over(l.alone) {
		l.alone = nil
	}
	l.shared = slices.DeleteFunc(l.shared, over)
	live := slices.DeleteFunc(l.wakers, func(w core.Waker) bool { return w == nil || over(w) })
	switch room := cap(live); {
	case len(live) > room/2:
		live = slices.Grow(live, len(live))
	case len(live) < room/8:
		live = append(make([]core.Waker, 0, 2*len(live)+2), live...)
	}
	l.wakers, l.gaps, l.start, l.indexes = live, 0, 0, nil
	if len(live) >= fewWakers {
		l.makeIndexes()
	}
}

// makeIndexes fills indexes.
func (l *wakerList) makeIndexes() {
	l.indexes = make(map[core.Waker]int, len(l.wakers))
	for i, w := range l.wakers {
		l.indexes[w] = i
	}
}
