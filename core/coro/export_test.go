package coro

// MaxIgnored is how many awaits of an aborted body fail before it is unwound by force.
const MaxIgnored = maxIgnored

// MaxThreadLocks is how many nested thread locks a suspension undoes.
const MaxThreadLocks = maxThreadLocks

// OwnSample is how many suspensions there are to a look at the stack.
const OwnSample = ownSample

// CoroutineOf tells coroutines apart.
func CoroutineOf(co *Co) any { return co.coroutine }

// CheckNext makes the next suspension look at the stack.
func CheckNext(co *Co) { co.coroutine.parks = ownSample - 1 }
