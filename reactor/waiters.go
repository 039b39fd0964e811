package reactor

// Waker is whatever wants to be told that it can get on; a task, as a rule. Wake may be called from any
// goroutine, any number of times, and must not block. The dynamic type must be comparable (a pointer is):
// wakers are told apart by ==.
type Waker interface {
	Wake()
}

// waiters is a set of wakers of one direction, in order of arrival. One is kept in place, since that is
// all that most descriptors ever have; any number follow in a slice. Registration.mu guards it.
type waiters struct {
	first Waker // nil exactly if the set is empty
	more  []Waker
}

// keepMore is the longest spare slice that an emptied set holds on to. It makes a handful of waiters that
// come and go free of allocations; more than that is a crowd whose memory should not stay behind.
const keepMore = 16

// add puts w in unless it is there already.
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

// remove takes w out and reports whether it was there.
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

// cut closes the gap at i and leaves no reference behind in the spare room.
func (s *waiters) cut(i int) {
	n := copy(s.more[i:], s.more[i+1:])
	s.more[i+n] = nil
	s.more = s.more[:i+n]
}

// next takes out the waker that has waited longest, nil if there is none.
func (s *waiters) next() Waker {
	w := s.first
	if w != nil {
		s.remove(w)
	}
	return w
}

// take empties the set into dst.
func (s *waiters) take(dst []Waker) []Waker {
	if s.first == nil {
		return dst
	}
	dst = append(dst, s.first)
	s.first = nil
	if len(s.more) == 0 {
		return dst
	}
	dst = append(dst, s.more...)
	if cap(s.more) > keepMore {
		s.more = nil
		return dst
	}
	clear(s.more)
	s.more = s.more[:0]
	return dst
}
