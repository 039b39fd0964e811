package lock

// A mutexWord is the state of a [Mutex], from the low end:
//
//	bit 0  wordLocked: a guard, or a waiter that was granted the lock, holds it
//	bit 1  wordQueued: the line is not empty
//	bit 2  wordWoken: the first in line was woken, and has neither been polled nor left since
//	bit 3  wordHanding: the next unlock hands the lock over to the first in line
//
// The word has one of these six values, and this table is the whole protocol. The first in line is the waiter that
// came first; a waiter stays there while it is woken and loses again.
//
//	value                    means
//	0                        unlocked, the line is empty
//	locked                   locked, the line is empty
//	locked+queued            the next unlock wakes the first in line
//	queued+woken             unlocked: it goes to the first that takes it, in line or not
//	locked+queued+woken      locked by one that came before the woken one: the next unlock wakes no other
//	locked+queued+handing    the next unlock hands the lock over
//
//	| event    | from                   | to                         | who acts next                             |
//	|----------|------------------------|----------------------------|-------------------------------------------|
//	| lock     | 0                      | locked                     | the caller has the lock                   |
//	| lock     | queued+woken           | +locked                    | the caller has it; the woken one loses    |
//	| lock     | locked, any flag       | same                       | the caller gives up, or joins the line    |
//	| unlock   | locked                 | 0                          |                                           |
//	| unlock   | locked+queued+woken    | queued+woken               | the woken one, or a newcomer              |
//	| unlock   | any other with locked  | same                       | the caller: release, under mu             |
//	| join     | not locked             | as lock                    | the caller has the lock                   |
//	| join     | locked, any flag       | +queued                    | the caller waits                          |
//	| join     | the same, ordered      | +queued+handing            | the caller waits                          |
//	| release  | locked+queued          | queued+woken               | the caller wakes the first                |
//	| release  | locked+queued+handing  | same, or locked: the last  | the first has the lock, the caller wakes  |
//	| release  | locked, with woken     | as unlock                  |                                           |
//	| retry    | queued+woken           | +locked, or locked: last;  | the waiter has the lock                   |
//	|          |                        | -woken if it is the first  |                                           |
//	| retry    | locked+queued+woken    | -woken; +handing if it     | the first waits again                     |
//	|          |                        | has waited too long        |                                           |
//	| retry    | any other with locked  | same                       | the waiter waits on                       |
//	| leave    | the last in line       | -queued -woken -handing    |                                           |
//	| leave    | the first, woken,      | -woken                     |                                           |
//	|          | and it is locked       |                            |                                           |
//	| leave    | the first, woken,      | same                       | the caller wakes the new first            |
//	|          | and it is not locked   |                            |                                           |
//	| leave    | otherwise              | same                       |                                           |
//	| calm     | locked+queued+handing  | -handing                   |                                           |
//
// An unlock or release without locked is a mistake of the program. A retry is the poll of a waiter in line, first or
// not, woken or not.
//
// Any goroutine applies lock and unlock. The holder of Mutex.mu applies the others, each in the loop of a
// compare-and-swap, since lock and unlock may come in between. It changes the line in the same hold of mu.
//
// # Why no wake is lost
//
// A wake is owed while the line is not empty and the mutex is unlocked. The one that unlocks:
//
//  1. swaps wordLocked out, and in the same swap sees whether there is a line, and whether its first was woken;
//  2. if there is a line and its first was not woken, has swapped wordWoken in, and wakes the first.
//
// The waiter:
//
//  1. joins the line in a swap that sees wordLocked, or else has the lock by the same swap;
//  2. when it is polled, swaps wordLocked in, or else swaps wordWoken out in a swap that sees wordLocked;
//  3. when it is dropped, swaps wordWoken out and wakes the new first, in a swap that sees that the mutex is unlocked,
//     or else swaps wordWoken out in a swap that sees wordLocked.
//
// So wherever wordWoken is out and the line is not empty, wordLocked is in, and its holder comes to step 1. While
// wordWoken is in, the first in line was woken or is about to be, and comes to step 2 or 3: a waiter that was woken
// is polled, or dropped. Under wordHanding the wake comes with the lock, so a waiter that is dropped unlocks.
//
// # Designs that were rejected
//
//   - Take the woken waiter out of the line, as sync.Mutex does: one that loses must be put in again at its front, and a
//     poll without a wake, as in a race, would find nothing that says where the waiter was.
//   - Wake the first at each unlock: a holder that locks in a loop pays for a wake each time round, and the waiters of
//     another worker are polled only to lose.
//   - Let a starving waiter swap wordHanding in and take it out with its own turn: all that wait behind it as long lose
//     once more each.
type mutexWord uint32

const (
	wordLocked mutexWord = 1 << iota
	wordQueued
	wordWoken
	wordHanding
)

func (w mutexWord) has(flag mutexWord) bool { return w&flag != 0 }

// A mutexAction is what the caller of a transition does next.
type mutexAction uint8

const (
	mutexNone     mutexAction = iota
	mutexLocked               // it has the lock; if it was in line, it leaves the line
	mutexWaits                // it is in line, or enters it
	mutexWake                 // wake the first in line
	mutexHandOver             // take the first out of the line, give it the lock and wake it
	mutexRelease              // unlock: apply release under mu
	mutexInvalid              // unlock, release: the mutex is not locked
)

// lock is a newcomer's try.
func (w mutexWord) lock() (mutexWord, bool) { return w | wordLocked, !w.has(wordLocked) }

// unlock is the part of an unlock that needs no line.
func (w mutexWord) unlock() (mutexWord, mutexAction) {
	switch {
	case !w.has(wordLocked):
		return w, mutexInvalid
	case w == wordLocked, w.has(wordWoken):
		return w &^ wordLocked, mutexNone
	}
	return w, mutexRelease
}

// join is a newcomer that waits if it has to.
func (w mutexWord) join(ordered bool) (mutexWord, mutexAction) {
	switch {
	case !w.has(wordLocked):
		return w | wordLocked, mutexLocked
	case ordered:
		return w | wordQueued | wordHanding, mutexWaits
	}
	return w | wordQueued, mutexWaits
}

// release is an unlock under mu, with so many waiters in line.
func (w mutexWord) release(waiters int) (mutexWord, mutexAction) {
	switch {
	case w.has(wordHanding) && waiters == 1:
		return wordLocked, mutexHandOver
	case w.has(wordHanding):
		return w, mutexHandOver
	}
	next, a := w.unlock()
	if a == mutexRelease {
		return wordQueued | wordWoken, mutexWake
	}
	return next, a
}

// retry is the poll of a waiter in line. first says that it is the first of so many waiters, starved that it has waited
// too long.
func (w mutexWord) retry(first, starved bool, waiters int) (mutexWord, mutexAction) {
	if !w.has(wordLocked) {
		w, _ = w.leave(first, waiters)
		if first {
			w &^= wordWoken
		}
		return w | wordLocked, mutexLocked
	}
	if first && w.has(wordWoken) {
		w &^= wordWoken
		if starved {
			w |= wordHanding
		}
	}
	return w, mutexWaits
}

// leave is the end of a waiter in line. first says that it is the first of so many waiters.
func (w mutexWord) leave(first bool, waiters int) (mutexWord, mutexAction) {
	switch {
	case waiters == 1:
		return w & wordLocked, mutexNone
	case !first || !w.has(wordWoken):
		return w, mutexNone
	case w.has(wordLocked):
		return w &^ wordWoken, mutexNone
	}
	return w, mutexWake
}

// calm ends the handing over.
func (w mutexWord) calm() mutexWord { return w &^ wordHanding }
