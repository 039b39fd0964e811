package lincheck

import (
	"cmp"
	"slices"
)

// An Outcome is the result of an operation that may have to wait.
type Outcome int

const (
	Pending Outcome = iota // it waits
	Done                   // it has what it wanted
	Refused                // it would have to wait, and does not
	Closed                 // it will never get what it wanted
)

// String returns the name of the outcome.
func (a Outcome) String() string { return [...]string{"pending", "done", "refused", "closed"}[a] }

// A request is an operation in line, and how much it wants.
type request struct{ id, want int }

// A line is a queue of requests for something that is scarce, first come, first served. Steps do not modify the
// lists, but replace them.
type line struct {
	free    int       // how much is available
	closed  bool      // nothing is granted any more
	waiting []request // in order
	granted []request // have what they want, and have not seen it yet; by id
	failed  []request // were failed by the close, and have not seen it yet; by id
}

func (l line) equal(o line) bool {
	return l.free == o.free && l.closed == o.closed && slices.Equal(l.waiting, o.waiting) &&
		slices.Equal(l.granted, o.granted) && slices.Equal(l.failed, o.failed)
}

// enter puts r in line, or grants it at once.
func (l line) enter(r request) line {
	if l.closed {
		l.failed = with(l.failed, r)
		return l
	}
	l.waiting = append(slices.Clip(l.waiting), r)
	return l.grant()
}

// grant serves the first in line as long as enough is available.
func (l line) grant() line {
	for len(l.waiting) > 0 && l.waiting[0].want <= l.free {
		l.free -= l.waiting[0].want
		l.granted = with(l.granted, l.waiting[0])
		l.waiting = l.waiting[1:]
	}
	return l
}

// release makes n more available.
func (l line) release(n int) line {
	l.free += n
	return l.grant()
}

// try reports whether a newcomer gets n without waiting, and returns the line after that.
func (l line) try(n int) (line, bool) {
	if l.closed || len(l.waiting) > 0 || l.free < n {
		return l, false
	}
	l.free -= n
	return l, true
}

// leave is the step in which id sees its outcome; known is false if id is not in line. id stays in line if the outcome
// is Pending.
func (l line) leave(id int) (next line, a Outcome, known bool) {
	if list, ok := without(l.granted, id); ok {
		l.granted = list
		return l, Done, true
	}
	if list, ok := without(l.failed, id); ok {
		l.failed = list
		return l, Closed, true
	}
	_, known = without(l.waiting, id)
	return l, Pending, known
}

// cancel takes id out of the line. If it was granted, the grant goes to the next.
func (l line) cancel(id int) (next line, known bool) {
	if list, ok := without(l.waiting, id); ok {
		l.waiting = list
		return l.grant(), true
	}
	i := slices.IndexFunc(l.granted, func(r request) bool { return r.id == id })
	if i >= 0 {
		want := l.granted[i].want
		l.granted, _ = without(l.granted, id)
		return l.release(want), true
	}
	l.failed, known = without(l.failed, id)
	return l, known
}

// close fails the requests that wait. Those that were granted stay granted.
func (l line) close() line {
	l.closed = true
	for _, r := range l.waiting {
		l.failed = with(l.failed, r)
	}
	l.waiting = nil
	return l
}

func with(list []request, r request) []request {
	i, _ := slices.BinarySearchFunc(list, r.id, func(r request, id int) int { return cmp.Compare(r.id, id) })
	return slices.Insert(slices.Clone(list), i, r)
}

func without(list []request, id int) ([]request, bool) {
	i := slices.IndexFunc(list, func(r request) bool { return r.id == id })
	if i < 0 {
		return list, false
	}
	return slices.Delete(slices.Clone(list), i, i+1), true
}
