package lock

// A MutexWord is the state of a Mutex, for the model of its protocol.
type MutexWord = mutexWord

const (
	WordLocked  = wordLocked
	WordQueued  = wordQueued
	WordWoken   = wordWoken
	WordHanding = wordHanding
)

// A MutexAction is what the caller of a transition does next.
type MutexAction = mutexAction

const (
	MutexNone     = mutexNone
	MutexLocked   = mutexLocked
	MutexWaits    = mutexWaits
	MutexWake     = mutexWake
	MutexHandOver = mutexHandOver
	MutexRelease  = mutexRelease
	MutexInvalid  = mutexInvalid
)

func (w mutexWord) Has(flag MutexWord) bool                    { return w.has(flag) }
func (w mutexWord) Lock() (MutexWord, bool)                    { return w.lock() }
func (w mutexWord) Unlock() (MutexWord, MutexAction)           { return w.unlock() }
func (w mutexWord) Join(ordered bool) (MutexWord, MutexAction) { return w.join(ordered) }
func (w mutexWord) Release(waiters int) (MutexWord, MutexAction) {
	return w.release(waiters)
}
func (w mutexWord) Retry(first, starved bool, waiters int) (MutexWord, MutexAction) {
	return w.retry(first, starved, waiters)
}
func (w mutexWord) Leave(first bool, waiters int) (MutexWord, MutexAction) {
	return w.leave(first, waiters)
}
func (w mutexWord) Calm() MutexWord { return w.calm() }
