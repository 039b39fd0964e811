package joinhandle

import "github.com/moduvex/moduvex-go/core/task"

// A member is a task of a [JoinSet], and the waker that the end of the task wakes. An AbortHandle may point into it.
// So a member keeps the set in memory only until the task has ended, and the task only until it is joined or detached.
type member[T any] struct {
	aborter    aborter
	set        *JoinSet[T]   // nil once the task has ended; only Wake reads it
	slot       *task.Slot[T] // nil once the task is joined; of the goroutine that takes the member out of the ended list
	in         *list[T]      // running or ended; nil out of the set
	prev, next *member[T]
}

// Wake moves the member to the ended list, unless it was taken out of the set. It is called once, on any goroutine.
func (m *member[T]) Wake() { m.Ended().Wake() }

// Ended implements task.Watcher. It is called instead of Wake.
func (m *member[T]) Ended() (waiters task.WakerSet) {
	m.aborter.Wake()
	s := m.set
	m.set = nil
	s.mu.Lock()
	if m.in != &s.running {
		m.slot = nil
		s.mu.Unlock()
		return waiters
	}
	s.running.remove(m)
	s.ended.push(m)
	waiters = s.toWake()
	s.mu.Unlock()
	return waiters
}

var _ task.Watcher = (*member[int])(nil)

// detach stops watching the task of a member that was taken out of the set before the task has ended: no join follows,
// so the task reports a panic itself. The caller does not hold the set's lock: the lock of the task's watchers comes
// before it.
func (m *member[T]) detach() {
	t := m.aborter.task.Load()
	if t == nil || !t.Unwatch(m) {
		return // Wake has been called, or is about to be
	}
	m.set, m.slot = nil, nil // Wake will not be called
	if !t.Watch(&m.aborter) {
		m.aborter.Wake()
	}
}

// takeOutput returns the output of a member that was taken out of the ended list.
func (m *member[T]) takeOutput() Joined[T] {
	h := JoinHandle[T]{m.slot}
	m.slot = nil
	r, _ := h.TryJoin()
	return Joined[T]{h.ID(), r}
}

// A list is an intrusive list of members, in the order in which they were pushed. A member is in one list at a time.
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
