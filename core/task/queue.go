package task

// A Queue is an intrusive first-in first-out list of tasks: a push allocates nothing. It has no lock.
// The zero value is empty.
type Queue struct {
	head, tail *Task
	n          int
}

// Len returns the number of tasks in the queue.
func (q *Queue) Len() int { return q.n }

// Push puts t at the end. t must not be in a queue.
func (q *Queue) Push(t *Task) {
	t.next = nil
	if q.tail == nil {
		q.head = t
	} else {
		q.tail.next = t
	}
	q.tail = t
	q.n++
}

// Pop takes the first task out and returns it, or nil if there is none.
func (q *Queue) Pop() *Task {
	t := q.head
	if t == nil {
		return nil
	}
	q.head = t.next
	if q.head == nil {
		q.tail = nil
	}
	t.next = nil
	q.n--
	return t
}
