package reactor

// Waker is woken when its owner, usually a task, can proceed. Wake may be called from any goroutine, any number of times,
// and must not block. The dynamic type must be comparable, as a pointer is: == distinguishes wakers.
type Waker interface {
	Wake()
}

// waiters is a set of wakers of one direction, in order of arrival. The first is in the struct, since most descriptors
// never have another one; the others are in a slice. Registration.mu guards the set.
type waiters struct {
	first Waker // nil exactly if the set is empty
	more  []Waker
}

// maxSpare is the capacity of the largest slice that an emptied set keeps. It makes some waiters that come and go free
// of allocations, and does not keep the memory of many.
const maxSpare = 16

// add puts w at the end unless it is in the set.
func (s *waiters) add(w Waker) {
	if s.first == nil {
		s.first = w
		return
	}
	if s.first == w {
		return
	}
	for _, x := range s.more {
		if x == w {
			return
		}
	}
	s.more = append(s.more, w)
}

// remove takes w out and reports whether it was in the set.
func (s *waiters) remove(w Waker) bool {
	if s.first == nil {
		return false
	}
	if s.first != w {
		for i, x := range s.more {
			if x == w {
				s.cut(i)
				return true
			}
		}
		return false
	}
	s.first = nil
	if len(s.more) != 0 {
		s.first = s.more[0]
		s.cut(0)
	}
	return true
}

// cut removes more[i] and leaves no reference in the spare capacity.
func (s *waiters) cut(i int) {
	n := copy(s.more[i:], s.more[i+1:])
	s.more[i+n] = nil
	s.more = s.more[:i+n]
}

// popFirst takes out the waker that has waited longest and returns it, or nil if there is none.
func (s *waiters) popFirst() Waker {
	w := s.first
	if w != nil {
		s.remove(w)
	}
	return w
}

// takeAll empties the set and appends its wakers to dst.
func (s *waiters) takeAll(dst []Waker) []Waker {
	if s.first == nil {
		return dst
	}
	dst = append(dst, s.first)
	s.first = nil
	if len(s.more) == 0 {
		return dst
	}
	dst = append(dst, s.more...)
	if cap(s.more) > maxSpare {
		s.more = nil
		return dst
	}
	clear(s.more)
	s.more = s.more[:0]
	return dst
}
