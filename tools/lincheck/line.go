package lincheck

import (
	"cmp"
	"slices"
)

// An Answer is what an operation that takes a turn came to.
type Answer int

const (
	Pending Answer = iota // it waits
	Done                  // it had its turn
	Refused               // it was not possible without waiting
	Closed                // it never will be
)

// String is the answer's name.
func (a Answer) String() string { return [...]string{"pending", "done", "refused", "closed"}[a] }

// A turn is an operation in line, and how much it wants.
type turn struct{ id, want int }

// A line is those who want something that there is not enough of, first come, first served. The
// lists are never changed in place.
type line struct {
	free    int    // what there is
	closed  bool   // nobody gets anything any more
	waiting []turn // in order
	granted []turn // have had their turn and do not know yet; by id
	away    []turn // were sent away by the close and do not know yet; by id
}

func (l line) equal(o line) bool {
	return l.free == o.free && l.closed == o.closed && slices.Equal(l.waiting, o.waiting) &&
		slices.Equal(l.granted, o.granted) && slices.Equal(l.away, o.away)
}

// enter puts t in line, or gives it its turn at once.
func (l line) enter(t turn) line {
	if l.closed {
		l.away = with(l.away, t)
		return l
	}
	l.waiting = append(slices.Clip(l.waiting), t)
	return l.grant()
}

// grant gives turns to the first in line as long as there is enough.
func (l line) grant() line {
	for len(l.waiting) > 0 && l.waiting[0].want <= l.free {
		l.free -= l.waiting[0].want
		l.granted = with(l.granted, l.waiting[0])
		l.waiting = l.waiting[1:]
	}
	return l
}

// release gives n back.
func (l line) release(n int) line {
	l.free += n
	return l.grant()
}

// try reports whether a newcomer gets n without waiting, and what is then.
func (l line) try(n int) (line, bool) {
	if l.closed || len(l.waiting) > 0 || l.free < n {
		return l, false
	}
	l.free -= n
	return l, true
}

// leave is how id learns of its turn, or that it was sent away; known is false if it is not in line.
// It stays there if the answer is Pending.
func (l line) leave(id int) (next line, a Answer, known bool) {
	if list, ok := without(l.granted, id); ok {
		l.granted = list
		return l, Done, true
	}
	if list, ok := without(l.away, id); ok {
		l.away = list
		return l, Closed, true
	}
	_, known = without(l.waiting, id)
	return l, Pending, known
}

// cancel takes id out of the line; its turn, if it had it, goes to the next.
func (l line) cancel(id int) (next line, known bool) {
	if list, ok := without(l.waiting, id); ok {
		l.waiting = list
		return l.grant(), true
	}
	i := slices.IndexFunc(l.granted, func(t turn) bool { return t.id == id })
	if i >= 0 {
		want := l.granted[i].want
		l.granted, _ = without(l.granted, id)
		return l.release(want), true
	}
	l.away, known = without(l.away, id)
	return l, known
}

// close sends those who wait away. Who has had its turn keeps it.
func (l line) close() line {
	l.closed = true
	for _, t := range l.waiting {
		l.away = with(l.away, t)
	}
	l.waiting = nil
	return l
}

func with(list []turn, t turn) []turn {
	i, _ := slices.BinarySearchFunc(list, t.id, func(t turn, id int) int { return cmp.Compare(t.id, id) })
	return slices.Insert(slices.Clone(list), i, t)
}

func without(list []turn, id int) ([]turn, bool) {
	i := slices.IndexFunc(list, func(t turn) bool { return t.id == id })
	if i < 0 {
		return list, false
	}
	return slices.Delete(slices.Clone(list), i, i+1), true
}
