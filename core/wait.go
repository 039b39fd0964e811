package core

import "strings"

// A Wait says what kind of thing a poll waits for, for those who look at a task that does not get
// on. It is a set: a task that waits for whichever comes first has several bits.
type Wait uint8

const (
	// WaitTime is a timer.
	WaitTime Wait = 1 << iota
	// WaitRead is a descriptor to become readable.
	WaitRead
	// WaitWrite is a descriptor to become writable.
	WaitWrite
	// WaitJoin is the end of another task.
	WaitJoin
	// WaitLock is a mutex, a semaphore, a barrier or the like.
	WaitLock
	// WaitChannel is a value from another task, or room for one.
	WaitChannel
	// WaitBlocking is a function on a blocking pool.
	WaitBlocking
)

var waitNames = [...]string{"time", "read", "write", "join", "lock", "channel", "blocking"}

// String joins the names of the bits with "|"; it is "" for none.
func (w Wait) String() string {
	var names []string
	for i, name := range waitNames {
		if w&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, "|")
}

// Waits notes what the poll is about to wait for. A future that returns pending may call it, so
// that a dump of the tasks can tell; it has no other effect, and costs a store.
func (cx *Context) Waits(on Wait) { cx.waits |= on }
