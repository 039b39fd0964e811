package waitlist

import (
	"sync"

	"github.com/moduvex/moduvex-go/core"
)

// batchSize is how many wakers are called between two holds of the lock: half a kilobyte, which fits on a
// stack without making it grow.
const batchSize = 32

// A Batch collects wakers under a lock, to wake them after its release. It lives on the stack of its user.
type Batch struct {
	wakers [batchSize]core.Waker
	n      int
}

// Full reports whether there is no room for another waker.
func (b *Batch) Full() bool { return b.n == len(b.wakers) }

// Add adds w to b, which must not be full. It ignores a nil w.
func (b *Batch) Add(w core.Waker) {
	if w != nil {
		b.wakers[b.n] = w
		b.n++
	}
}

// Wake wakes the wakers in the order in which they were added, as [Wake] does, and empties b. The
// caller holds no lock.
func (b *Batch) Wake(cx *core.Context) {
	for i, w := range b.wakers[:b.n] {
		b.wakers[i] = nil
		Wake(cx, w)
	}
	b.n = 0
}

// Wake wakes w: through cx if the caller is in a poll and has one, else directly. It ignores a nil w.
// The caller holds no lock.
func Wake(cx *core.Context, w core.Waker) {
	switch {
	case w == nil:
	case cx != nil:
		cx.Wake(w)
	default:
		w.Wake()
	}
}

// WakeAll takes all nodes that are in the list at the call out, with state s, and wakes them. The caller
// holds mu, which guards the list; WakeAll releases it. Nodes that are pushed meanwhile stay.
func (l *List) WakeAll(mu *sync.Mutex, s State, cx *core.Context) {
	var b Batch
	for mark := l.Mark(); ; mu.Lock() {
		for !b.Full() {
			w := l.PopThrough(mark, s)
			if w == nil {
				mu.Unlock()
				b.Wake(cx)
				return
			}
			b.Add(w)
		}
		mu.Unlock()
		b.Wake(cx)
	}
}
