package mpsc

import "reflect"

const (
	// A chunk has up to maxSlots values, and less if those would take more than chunkBytes.
	maxSlots   = 64
	minSlots   = 4
	chunkBytes = 4096

	// maxSpare is how many empty chunks a queue keeps for later: those of two thousand small
	// values. A channel that is filled and emptied in turn then allocates nothing.
	maxSpare = 32
)

type chunk[T any] struct {
	next  *chunk[T]
	slots []T
}

// A queue is a list of chunks. It has two sides, so that the consumer needs no lock for what it
// knows to be there.
type queue[T any] struct {
	// The producers' side, guarded by their lock.
	tail   *chunk[T]
	end    int    // slots of tail that were filled; all of them also before there is a chunk
	pushed uint64 // values, in all
	spare  *chunk[T]
	spares int

	slots int // of a chunk

	// The consumer's side. The first push sets head; the consumer has yet to hear of a value then.
	head  *chunk[T]
	begin int       // slots of head that were emptied
	ready int       // values that the consumer may take
	empty *chunk[T] // chunks to give back
}

func (q *queue[T]) init(capacity int) {
	q.slots = min(maxSlots, capacity)
	if size := int(reflect.TypeFor[T]().Size()); size > 0 {
		q.slots = min(q.slots, max(minSlots, chunkBytes/size))
	}
	q.end = q.slots
}

// push appends v. It needs the lock.
func (q *queue[T]) push(v T) {
	if q.full() {
		q.grow()
	}
	q.put(v)
}

// full reports whether there is no slot for put. It needs the lock. The three are apart so that the
// compiler inlines all but grow.
func (q *queue[T]) full() bool { return q.end == q.slots }

func (q *queue[T]) put(v T) {
	q.tail.slots[q.end] = v
	q.end++
	q.pushed++
}

//go:noinline
func (q *queue[T]) grow() {
	c := q.spare
	if c != nil {
		q.spare, c.next = c.next, nil
		q.spares--
	} else {
		c = &chunk[T]{slots: make([]T, q.slots)}
	}
	if q.tail == nil {
		q.head = c
	} else {
		q.tail.next = c
	}
	q.tail, q.end = c, 0
}

// refresh tells the consumer, which has taken so many values in all, what there is. It needs the
// lock.
func (q *queue[T]) refresh(taken uint64) {
	for c := q.empty; c != nil; c = q.empty {
		q.empty, c.next = c.next, nil
		if q.spares < maxSpare {
			c.next, q.spare = q.spare, c
			q.spares++
		}
	}
	q.ready = int(q.pushed - taken)
	if q.ready == 0 && q.tail != nil {
		q.begin, q.end = 0, 0 // head is tail: start over in it
	}
}

// pop takes the first value. Only the consumer calls it, when something is ready.
func (q *queue[T]) pop() T {
	c := q.head
	if q.begin == len(c.slots) {
		q.head, q.begin = c.next, 0
		c.next, q.empty = q.empty, c
		c = q.head
	}
	slot := &c.slots[q.begin]
	v := *slot
	var zero T
	*slot = zero
	q.begin++
	q.ready--
	return v
}

// clear releases everything. It needs the lock, and only the consumer calls it.
func (q *queue[T]) clear() { *q = queue[T]{pushed: q.pushed, slots: q.slots, end: q.slots} }
