package runq

import (
	"sync/atomic"

	"github.com/moduvex/moduvex-go/core/task"
)

// ringSize is how many tasks a stealRing holds. It bounds how many tasks one theft moves (half of it), and how
// many are out of the injector's sight. Go and tokio have the same size.
const ringSize = 256

// A stealRing holds ready tasks. Its owner fills it and takes from it; any other worker may steal half of it.
// It is lock-free: neither waits for the other.
//
//	     stolen, being copied     ready            free
//	...├──────────────────────┤├─────────────┤├─────────────...
//	   ↑ steal                 ↑ head         ↑ tail
//
// A thief takes its share in three steps: it (1) claims places by moving head over them, leaving steal where it
// is, (2) copies the tasks out of them, (3) gives the places back by moving steal up to head. While steal and head
// differ, another thief finds nothing, and the owner does not reuse the places: it measures its room from
// steal.
//
// Source: tokio's runtime/scheduler/multi_thread/queue.rs; its ancestor is runqsteal of Go's runtime/proc.go,
// which copies first and claims after, and so reads places that the owner may be writing.
//
// # Memory order
//
// Slots are no atomics. Each is passed on by a write and a read of an atomic, which Go orders:
//
//   - Owner to thief: the owner writes the slot, then tail. The thief reads tail, then claims, then reads the
//     slot.
//   - Thief to owner: the thief reads and clears the slot, then writes steal (3). The owner reads steal, then
//     finds room, then writes the slot.
//   - Owner to itself needs nothing. The claim guarantees that a slot is not the owner's and a thief's at once:
//     both the owner's take and (1) are a compare-and-swap of the word with head in it.
//
// The numbers count for ever, modulo 2^32. A claim could only be mistaken if they wrapped around between a
// thief's read of the word and its swap.
type stealRing struct {
	// ends is steal in the high half, head in the low one. The owner (take) and thieves write it, by
	// compare-and-swap; everybody reads it.
	ends atomic.Uint64
	// tail is written by the owner and read by everybody.
	tail atomic.Uint32

	slots []*task.Task // as many as a power of two
}

func newStealRing(size int) *stealRing { return &stealRing{slots: make([]*task.Task, size)} }

func pack(steal, head uint32) uint64           { return uint64(steal)<<32 | uint64(head) }
func unpack(ends uint64) (steal, head uint32)  { return uint32(ends >> 32), uint32(ends) }
func (q *stealRing) slot(i uint32) **task.Task { return &q.slots[i&uint32(len(q.slots)-1)] }

// len returns how many tasks are there. For a caller other than the owner, some may be gone already: head is read
// first, so the result is never less than the number at that moment.
func (q *stealRing) len() int {
	_, head := unpack(q.ends.Load())
	return int(q.tail.Load() - head)
}

// fill moves up to n tasks from f to the back, as many as there is room for: one write of tail for all of them.
// The owner.
func (q *stealRing) fill(f *FIFO, n int) {
	tail := q.tail.Load()
	for range min(n, q.room()) {
		t := f.Pop()
		if t == nil {
			break
		}
		*q.slot(tail) = t
		tail++
	}
	q.tail.Store(tail)
}

// take moves the first tasks to dst, as many as fit, and returns how many that are. The owner.
func (q *stealRing) take(dst []*task.Task) int { return q.takeFrom(q.ends.Load(), dst) }

// takeFrom is take for a caller that has read ends. If a thief has moved it since, the swap is lost.
func (q *stealRing) takeFrom(ends uint64, dst []*task.Task) int {
	for {
		steal, head := unpack(ends)
		n := min(q.tail.Load()-head, uint32(len(dst)))
		if n == 0 {
			return 0
		}
		next := pack(steal, head+n) // a thief is at work, on places before these
		if steal == head {
			next = pack(head+n, head+n)
		}
		if !q.ends.CompareAndSwap(ends, next) {
			ends = q.ends.Load()
			continue
		}
		for i := range n {
			slot := q.slot(head + i)
			dst[i] = *slot
			*slot = nil
		}
		return int(n)
	}
}

// put moves tasks to the back, as many as there is room for, and returns how many that are. The owner.
func (q *stealRing) put(tasks []*task.Task) int {
	tail, n := q.tail.Load(), min(len(tasks), q.room())
	for _, t := range tasks[:n] {
		*q.slot(tail) = t
		tail++
	}
	q.tail.Store(tail)
	return n
}

// room returns how many more tasks fit. The owner.
func (q *stealRing) room() int {
	steal, _ := unpack(q.ends.Load())
	return len(q.slots) - int(q.tail.Load()-steal)
}

// stealFrom moves half of the tasks of victim, rounded up, to the back of q, and returns how many that are. The
// owner of q.
func (q *stealRing) stealFrom(victim *stealRing) int {
	head, n := victim.claim(q.room())
	if n == 0 {
		return 0
	}
	tail := q.tail.Load()
	for i := range n {
		from := victim.slot(head + i)
		*q.slot(tail + i) = *from
		*from = nil
	}
	victim.release()
	q.tail.Store(tail + n)
	return int(n)
}

// claim is step (1) of a theft: at most room places, from head on.
func (q *stealRing) claim(room int) (head, n uint32) { return q.claimFrom(q.ends.Load(), room) }

// claimFrom is claim for a thief that has read ends. If another thief or the owner has moved it since, the swap
// is lost.
func (q *stealRing) claimFrom(ends uint64, room int) (head, n uint32) {
	for {
		steal, head := unpack(ends)
		ready := q.tail.Load() - head
		if steal != head || ready == 0 {
			return 0, 0 // another thief is at work, or the ring is empty
		}
		n = min(ready-ready/2, uint32(room), uint32(len(q.slots)))
		if n == 0 || q.ends.CompareAndSwap(ends, pack(steal, head+n)) {
			return head, n
		}
		ends = q.ends.Load()
	}
}

// release is step (3). The owner may have taken some meanwhile, so head is read again.
func (q *stealRing) release() { q.releaseFrom(q.ends.Load()) }

// releaseFrom is release for a thief that has read ends. If the owner has taken some since, the swap is lost.
func (q *stealRing) releaseFrom(ends uint64) {
	for {
		_, head := unpack(ends)
		if q.ends.CompareAndSwap(ends, pack(head, head)) {
			return
		}
		ends = q.ends.Load()
	}
}

// clear forgets all tasks. The owner.
func (q *stealRing) clear() { q.take(make([]*task.Task, len(q.slots))) }
