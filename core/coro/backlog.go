package coro

// A backlog is a queue of values in a slice. It keeps nothing of what was taken, and room for no more than
// about four times what it holds, or for keepBacklog values where that is more.
type backlog[T any] struct {
	values []T // not taken yet, from next on; zero before
	next   int
}

// keepBacklog is how many values an array has room for that is kept though hardly any are in it: it saves a
// queue that is short most of the time from making an array again and again.
const keepBacklog = 64

func (b *backlog[T]) len() int { return len(b.values) - b.next }

func (b *backlog[T]) push(v T) {
	if len(b.values) == cap(b.values) && b.next > len(b.values)/2 {
		n := copy(b.values, b.values[b.next:]) // each was paid for by one that was taken
		clear(b.values[n:])
		b.values, b.next = b.values[:n], 0
	}
	b.values = append(b.values, v)
}

// pop takes the first value. There must be one.
func (b *backlog[T]) pop() T {
	var zero T
	v := b.values[b.next]
	b.values[b.next] = zero
	b.next++
	switch n := b.len(); {
	case n < cap(b.values)/4 && cap(b.values) > keepBacklog:
		b.values, b.next = append(make([]T, 0, cap(b.values)/2), b.values[b.next:]...), 0
	case n == 0:
		b.values, b.next = b.values[:0], 0
	}
	return v
}
