package task

import "github.com/moduvex/moduvex-go/core"

// A WaitQueue is a queue of wakers that wait for items, each of which only one of them can have. For each item it
// wakes the waker that has waited longest, and not all. The items themselves are kept elsewhere. The zero WaitQueue
// is empty. It has no lock: the lock that guards the items guards it too.
//
// A waker that was woken counts as woken until it returns to the queue: it takes an item ([WaitQueue.Leave]), finds
// none and waits again ([WaitQueue.Wait]), or gives up (Leave). The caller calls Next under the same lock after each of
// these, and after each change of the number of items. Next keeps this invariant, so that no wake is lost: either no
// waker waits, or at least as many wakers are woken as there are items. So for each item there is a woken waker, which
// takes the item, or whose return makes Next wake another. A waker that was not woken may take an item too; a woken one
// then finds none.
//
// A woken waker that never returns blocks those behind it. If it belongs to a task that has ended
// (core.FinishedWaker), a later Next discards it.
type WaitQueue struct {
	waiting, woken WakerSet
}

// Wait puts w at the end, unless it waits already. w does not count as woken any more.
func (q *WaitQueue) Wait(w core.Waker) {
	q.woken.Remove(w)
	q.waiting.Add(w)
}

// Leave removes w. It reports whether w was waiting and had not been woken.
func (q *WaitQueue) Leave(w core.Waker) (waited bool) {
	q.woken.Remove(w)
	return q.waiting.Remove(w)
}

// Next moves wakers from waiting to woken until as many are woken as there are items, or none waits. It returns
// those that it moved, for the caller to wake after it has released the lock.
func (q *WaitQueue) Next(items int) (wake WakerSet) {
	if w := q.woken.First(); w != nil && isOver(w) {
		q.woken.Remove(w)
	}
	for q.woken.Len() < items {
		w := q.waiting.First()
		if w == nil {
			return wake
		}
		q.waiting.Remove(w)
		if !isOver(w) {
			q.woken.Add(w)
			wake.Add(w)
		}
	}
	return wake
}

// TakeAll empties q, when there will be no more items, and returns the wakers that were waiting. The others have
// been woken.
func (q *WaitQueue) TakeAll() WakerSet {
	q.woken.TakeAll()
	return q.waiting.TakeAll()
}
