package mpsc

import "reflect"

const (
	// A chunk has up to maxCells values, and less if those would take more than chunkBytes.
	maxCells   = 64
	minCells   = 4
	chunkBytes = 4096

	// maxSpare is how many empty chunks a queue keeps for later: those of two thousand small
	// values. A channel that is filled and emptied again and again then allocates nothing.
	maxSpare = 32
)

type chunk[T any] struct {
	next  *chunk[T]
	cells []T
}

// A queue is a list of chunks. It has two sides, so that the consumer takes the values that it knows of without a
// lock.
type queue[T any] struct {
	// The producers' side, guarded by their lock.
	tail   *chunk[T]
	end    int    // cells of tail that were filled; all of them also before there is a chunk
	pushed uint64 // values, in all
	spare  *chunk[T]
	spares int

	cells int // of a chunk

	// The consumer's side. The first push sets head, before the consumer knows of any value.
	head  *chunk[T]
	begin int       // cells of head that were emptied
	ready int       // values that the consumer may take
	empty *chunk[T] // chunks for refresh to move to spare
}

func (q *queue[T]) init(capacity int) {
	q.cells = min(maxCells, capacity)
	if size := int(reflect.TypeFor[T]().Size()); size > 0 {
		q.cells = min(q.cells, max(minCells, chunkBytes/size))
	}
	q.end = q.cells
}

// push appends v. It needs the lock.
func (q *queue[T]) push(v T) {
	if q.full() {
		q.grow()
	}
	q.put(v)
}

// full reports whether there is no cell for put. It needs the lock. full, grow and put are apart so that the
// compiler inlines full and put.
func (q *queue[T]) full() bool { return q.end == q.cells }

func (q *queue[T]) put(v T) {
	q.tail.cells[q.end] = v
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
		c = &chunk[T]{cells: make([]T, q.cells)}
	}
	if q.tail == nil {
		q.head = c
	} else {
		q.tail.next = c
	}
	q.tail, q.end = c, 0
}

// refresh makes every queued value ready for the consumer, which has taken the given number of values in all. It needs
// the lock.
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

// pop takes the first value. Only the consumer calls it, when ready is positive.
func (q *queue[T]) pop() T {
	c := q.head
	if q.begin == len(c.cells) {
		q.head, q.begin = c.next, 0
		c.next, q.empty = q.empty, c
		c = q.head
	}
	cell := &c.cells[q.begin]
	v := *cell
	var zero T
	*cell = zero
	q.begin++
	q.ready--
	return v
}

// clear releases everything. It needs the lock, and only the consumer calls it.
func (q *queue[T]) clear() { *q = queue[T]{pushed: q.pushed, cells: q.cells, end: q.cells} }
