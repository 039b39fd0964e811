package coro

// A backlog is a queue of values in a slice. It keeps no value that was taken, and its array has room for about four
// times the values that it holds, at most, or for keepBacklog values if that is more.
type backlog[T any] struct {
	values []T // not taken yet, from next on; zero before
	next   int
}

// keepBacklog is the room of an array that is kept even if it is nearly empty: a queue that is short most of the time
// does not allocate an array again and again.
const keepBacklog = 64

func (b *backlog[T]) len() int { return len(b.values) - b.next }

func (b *backlog[T]) push(v T) {
	if len(b.values) == cap(b.values) && b.next > len(b.values)/2 {
		n := copy(b.values, b.values[b.next:]) // amortised: each copied value follows one that was taken
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
