package task

import "github.com/moduvex/moduvex-go/core"

// Turns are wakers that wait for things of which each is for one of them: for each thing one waker is woken, the one
// that has waited longest, and not all. The things themselves are kept elsewhere. The zero Turns is empty. It has no
// lock: it is used under the one that guards the things.
//
// A waker that is woken has a turn, and keeps it until it comes back: for a thing ([Turns.Leave]), because there was
// none and it waits again ([Turns.Wait]), or since it gives up (Leave). After each of these, and after each change of
// the number of things, Next is called under the same lock. It keeps up what makes no wake get lost: either nobody
// waits, or there are at least as many turns as things. So each thing is looked for by one that will take it, or
// whose coming back hands the turn on. A thing may be taken by one that has no turn; then one that has finds none.
//
// A waker that neither comes back nor gives up holds its turn up. If it is a task's that has ended
// (core.FinishedWaker), the turn is taken back at a later Next.
type Turns struct {
	waiting, woken WakerSet
}

// Wait makes w wait, as the last one unless it waits already. If it had a turn, that is over.
func (t *Turns) Wait(w core.Waker) {
	t.woken.Remove(w)
	t.waiting.Add(w)
}

// Leave forgets w and its turn. It reports whether w waited for a turn.
func (t *Turns) Leave(w core.Waker) (waited bool) {
	t.woken.Remove(w)
	return t.waiting.Remove(w)
}

// Next gives out turns until there are as many as things, or nobody waits, and returns those whom to wake.
func (t *Turns) Next(things int) (wake WakerSet) {
	if w := t.woken.First(); w != nil && isOver(w) {
		t.woken.Remove(w)
	}
	for t.woken.Len() < things {
		w := t.waiting.First()
		if w == nil {
			return wake
		}
		t.waiting.Remove(w)
		if !isOver(w) {
			t.woken.Add(w)
			wake.Add(w)
		}
	}
	return wake
}

// TakeAll empties t, when there is nothing to wait for any more, and returns those that waited for a turn. The others
// have been woken.
func (t *Turns) TakeAll() WakerSet {
	t.woken.TakeAll()
	return t.waiting.TakeAll()
}
