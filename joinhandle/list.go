package joinhandle

// A list is an intrusive list of members, in the order they came. A member is in one at a time.
type list[T any] struct {
	first, last *member[T]
	n           int
}

func (l *list[T]) push(m *member[T]) {
	m.in, m.prev = l, l.last
	if l.last == nil {
		l.first = m
	} else {
		l.last.next = m
	}
	l.last = m
	l.n++
}

func (l *list[T]) remove(m *member[T]) {
	if m.prev == nil {
		l.first = m.next
	} else {
		m.prev.next = m.next
	}
	if m.next == nil {
		l.last = m.prev
	} else {
		m.next.prev = m.prev
	}
	m.in, m.prev, m.next = nil, nil, nil
	l.n--
}

func (l *list[T]) all() (ms []*member[T]) {
	for m := l.first; m != nil; m = m.next {
		ms = append(ms, m)
	}
	return ms
}
