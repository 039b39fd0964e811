package waitlist

import (
	"sync"

	"github.com/moduvex/moduvex-go/core"
)

// batchSize is how many wakers are called between two holds of the lock. It is what fits on a
// stack without making it grow: half a kilobyte.
const batchSize = 32

// A Batch collects wakers under a lock, to call them after it. It lives on the stack of its user.
type Batch struct {
	wakers [batchSize]core.Waker
	n      int
}

// Full reports whether there is no room for another waker.
func (b *Batch) Full() bool { return b.n == len(b.wakers) }

// Add puts w into b, which must not be full. A nil w is left out.
func (b *Batch) Add(w core.Waker) {
	if w != nil {
		b.wakers[b.n] = w
		b.n++
	}
}

// Wake calls the wakers in the order in which they were added, as [Wake] does, and empties b. The
// caller holds no lock.
func (b *Batch) Wake(cx *core.Context) {
	for i, w := range b.wakers[:b.n] {
		b.wakers[i] = nil
		Wake(cx, w)
	}
	b.n = 0
}

// Wake calls w: through cx if the caller is in a poll and has one, else directly. A nil w is no
// waker to call. The caller holds no lock.
func Wake(cx *core.Context, w core.Waker) {
	switch {
	case w == nil:
	case cx != nil:
		cx.Wake(w)
	default:
		w.Wake()
	}
}

// WakeAll puts all nodes that are in the list now into state s and calls their wakers. The caller
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
