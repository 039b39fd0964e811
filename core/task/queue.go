package task

// A Queue is an intrusive first-in first-out list of tasks: a push allocates nothing. It has no lock.
// The zero value is empty.
//
// It is several lists, its stripes, which get the tasks round-robin. Most tasks of a long queue are in no cache, and a
// single list would be popped no faster than one read of the memory after the other: where the next task is, is
// written in the one before. Of several lists the processor reads as many links at a time.
type Queue struct {
	stripes [stripes]stripe
	first   uint32 // the first task is in stripe first%stripes, the next in the stripe behind that, and so on
	n       int
}

// stripes is about how many reads a processor's core makes at a time. A power of two.
const stripes = 8

type stripe struct{ head, tail *Task }

// at returns the stripe of the task that has i others before it, or will have.
func (q *Queue) at(i int) *stripe { return &q.stripes[(q.first+uint32(i))%stripes] }

// Len returns the number of tasks in the queue.
func (q *Queue) Len() int { return q.n }

// Push puts t at the end. t must not be in a queue.
func (q *Queue) Push(t *Task) {
	t.next = nil
	q.at(q.n).push(t, t)
	q.n++
}

// push puts the list from head to tail at the end.
func (s *stripe) push(head, tail *Task) {
	if s.tail == nil {
		s.head = head
	} else {
		s.tail.next = head
	}
	s.tail = tail
}

// PushAll moves all tasks of from to the end of q, in order. It takes constant time and touches hardly any of them.
func (q *Queue) PushAll(from *Queue) {
	for i := range min(stripes, from.n) {
		s := from.at(i)
		q.at(q.n+i).push(s.head, s.tail)
	}
	q.n += from.n
	*from = Queue{}
}

// Pop takes the first task out and returns it, or nil if there is none.
func (q *Queue) Pop() *Task {
	if q.n == 0 {
		return nil
	}
	s := q.at(0)
	t := s.head
	s.head = t.next
	if s.head == nil {
		s.tail = nil
	}
	t.next = nil
	q.first++
	q.n--
	return t
}

// moveReversed moves the stack that starts at t to the end of q, oldest first. It touches each task once.
func moveReversed(t *Task, q *Queue) {
	var backwards [stripes]stripe // the newest task is in the first
	n := 0
	for ; t != nil; n++ {
		s, below := &backwards[n%stripes], t.next
		if s.tail == nil {
			s.tail = t
		}
		t.next, s.head, t = s.head, t, below
	}
	oldestFirst := Queue{n: n}
	for i := range min(stripes, n) {
		*oldestFirst.at(n - 1 - i) = backwards[i]
	}
	q.PushAll(&oldestFirst)
}
