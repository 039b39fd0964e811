package core

import "strings"

// A Wait is a set of the kinds of event that a poll waits for, for dumps of tasks that make no progress.
// A task that waits for the first of several events has several bits.
type Wait uint8

const (
	// WaitTime: a timer.
	WaitTime Wait = 1 << iota
	// WaitRead: a descriptor to become readable.
	WaitRead
	// WaitWrite: a descriptor to become writable.
	WaitWrite
	// WaitJoin: the end of another task.
	WaitJoin
	// WaitLock: a mutex, a semaphore, a barrier or the like.
	WaitLock
	// WaitChannel: a value from a channel, or room in one.
	WaitChannel
	// WaitBlocking: a function on a blocking pool.
	WaitBlocking
)

var waitNames = [...]string{"time", "read", "write", "join", "lock", "channel", "blocking"}

// String returns the names of the bits, joined with "|"; it is "" for none.
func (w Wait) String() string {
	var names []string
	for i, name := range waitNames {
		if w&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, "|")
}

// Waits notes what the poll is about to wait for, for a dump of the tasks. A future that returns pending may
// call it. It has no other effect, and costs a store.
func (cx *Context) Waits(on Wait) { cx.waits |= on }
