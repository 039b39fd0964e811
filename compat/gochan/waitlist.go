package gochan

// A waitList is a list of what waits, in the order in which it came. Under the lock of its pool.
type waitList struct{ first, last *waitNode }

// A waitNode is the place of one future in a list.
type waitNode struct {
	of         any // the future
	in         *waitList
	prev, next *waitNode
}

func (l *waitList) empty() bool { return l.first == nil }

// push appends n, which is in no list.
func (l *waitList) push(n *waitNode) {
	n.in, n.prev = l, l.last
	if l.last == nil {
		l.first = n
	} else {
		l.last.next = n
	}
	l.last = n
}

// leave removes n from its list, if it is in one.
func (n *waitNode) leave() {
	l := n.in
	if l == nil {
		return
	}
	if n.prev == nil {
		l.first = n.next
	} else {
		n.prev.next = n.next
	}
	if n.next == nil {
		l.last = n.prev
	} else {
		n.next.prev = n.prev
	}
	n.in, n.prev, n.next = nil, nil, nil
}
