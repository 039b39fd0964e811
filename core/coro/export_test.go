package coro

// MaxIgnored is how many awaits of an aborted body fail before it is unwound by force.
const MaxIgnored = maxIgnored

// OwnSample is how many suspensions there are to a look at the stack.
const OwnSample = ownSample

// CoroutineOf tells coroutines apart.
func CoroutineOf(co *Co) any { return co.coroutine }

// HoldWatch keeps Done channels from being closed until release is called.
func HoldWatch(co *Co) (release func()) {
	w := co.watching()
	w.mu.Lock()
	return w.mu.Unlock
}

// CheckNext makes the next suspension look at the stack.
func CheckNext(co *Co) { co.coroutine.parks = ownSample - 1 }
