package task

import (
	"slices"

	"github.com/moduvex/moduvex-go/core"
)

// A WakerSet is a set of wakers, in the order in which they came. Add and Remove take constant time, amortised,
// whatever the number of wakers. The zero WakerSet is empty, and one waker alone takes no memory beside it. It
// has no lock.
type WakerSet struct {
	slot core.Waker // nil, the only waker, or a *wakerList
}

// fewWakers is up to how many wakers are looked through one by one. A lookup in a map costs as much as
// comparing about so many.
const fewWakers = 16

// A wakerList is a set of more than one waker, or of one that is shared.
type wakerList struct {
	wakers []core.Waker       // in order; nil where one was taken out, if there are places
	places map[core.Waker]int // of each in wakers; nil as long as those are few
	gone   int                // how many of wakers are nil
	start  int                // those before it are
	alone  core.Waker         // was the only one before there was a list; nil once it is taken out
	shared []core.Waker       // those that findShared looks for beside alone, one of a type
}

// Wake makes a wakerList a core.Waker, which the slot holds. Nobody calls it.
func (l *wakerList) Wake() {}

// Add adds w unless it is there, and reports whether it was not.
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

// Remove takes w out and reports whether it was there.
func (s *WakerSet) Remove(w core.Waker) bool {
	if l, ok := s.slot.(*wakerList); ok {
		removed := l.remove(w)
		if len(l.wakers) == l.gone {
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

// Empty reports whether no waker is there.
func (s *WakerSet) Empty() bool { return s.slot == nil }

// Len returns the number of wakers.
func (s *WakerSet) Len() int {
	if l, ok := s.slot.(*wakerList); ok {
		return len(l.wakers) - l.gone
	}
	if s.slot == nil {
		return 0
	}
	return 1
}

// First returns the waker that came first of those that are there, or nil.
func (s *WakerSet) First() core.Waker {
	if l, ok := s.slot.(*wakerList); ok {
		return l.front()
	}
	return s.slot
}

// TakeAll empties s and returns what was there.
func (s *WakerSet) TakeAll() WakerSet {
	all := *s
	s.slot = nil
	return all
}

// Wake wakes all, in order.
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

// findShared returns the W that was added by addShared, or is alone.
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

// addShared adds w, which is not there, so that findShared finds it.
func (s *WakerSet) addShared(w core.Waker) {
	s.Add(w)
	if l, ok := s.slot.(*wakerList); ok {
		l.shared = append(l.shared, w)
	}
}

// contains reports whether one of the wakers is so.
func (s *WakerSet) contains(so func(core.Waker) bool) bool {
	if l, ok := s.slot.(*wakerList); ok {
		return slices.ContainsFunc(l.wakers, func(w core.Waker) bool { return w != nil && so(w) })
	}
	return s.slot != nil && so(s.slot)
}

// each wakes all, also those behind one that panics or exits the goroutine.
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

// front is the first waker. What it steps over it does not look at again, so it takes constant time, amortised.
func (l *wakerList) front() core.Waker {
	for l.wakers[l.start] == nil { // there is one
		l.start++
	}
	return l.wakers[l.start]
}

func (l *wakerList) find(w core.Waker) int {
	if l.places != nil {
		if i, ok := l.places[w]; ok {
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
	if l.places == nil && len(l.wakers) >= fewWakers {
		l.index()
	}
	if l.places != nil {
		l.places[w] = len(l.wakers)
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
	if l.places == nil {
		l.wakers = slices.Delete(l.wakers, i, i+1)
		return true
	}
	l.wakers[i] = nil
	delete(l.places, w)
	if l.gone++; l.gone > len(l.wakers)/2 {
		l.pack(func(core.Waker) bool { return false })
	}
	return true
}

// isOver reports whether a wake of w is known not to matter: a future that is given up with its task does
// not take its waker back.
func isOver(w core.Waker) bool {
	f, ok := w.(core.FinishedWaker)
	return ok && f.Finished()
}

// pack leaves out what was taken out or is over, and then sees to it that at most half of the room is in use.
// It comes when there is no room left or half of the list is nil, so that as many calls of add or remove as
// there are wakers share its cost.
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
	l.wakers, l.gone, l.start, l.places = live, 0, 0, nil
	if len(live) >= fewWakers {
		l.index()
	}
}

// index makes places.
func (l *wakerList) index() {
	l.places = make(map[core.Waker]int, len(l.wakers))
	for i, w := range l.wakers {
		l.places[w] = i
	}
}
