//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package kqueue

import "time"

// The constants that have the same value on all of these systems; a file for each system has the others. Linux has no
// kqueue: the package's logic compiles there for the tests, which run it over doubles of the kernels.
const (
	evAdd      = 0x1
	evDelete   = 0x2
	evEnable   = 0x4
	evOneShot  = 0x10
	evClear    = 0x20
	evReceipt  = 0x40
	evDispatch = 0x80
	evError    = 0x4000
	evEOF      = 0x8000

	noteLowat   = 0x1
	noteTrigger = 0x01000000
)

// calls are the system calls that the package makes. Tests replace them.
type calls interface {
	// Kqueue returns a new, close-on-exec queue.
	Kqueue() (int, error)
	// Pipe returns the non-blocking, close-on-exec ends of a pipe.
	Pipe() (rd, wr int, err error)
	// Kevent applies changes, then fills events. A negative timeout is no timeout. A change that fails, or has
	// evReceipt, takes an entry of events, with evError and the error in data; if any does, Kevent returns at
	// once. Without room for it, the error of the first failed change is Kevent's. Kevent does not modify changes.
	Kevent(kq int, changes, events []kevent, timeout time.Duration) (int, error)
	// Close closes a descriptor that Kqueue or Pipe made.
	Close(fd int) error
}

// kernel is a kernel: its calls, and which of the later additions it has.
type kernel struct {
	calls

	user     int    // the filter EVFILT_USER; 0 where it is missing
	except   int    // the filter EVFILT_EXCEPT; 0 where it is missing
	oob      uint32 // EVFILT_EXCEPT's NOTE_OOB
	receipt  bool   // there is EV_RECEIPT
	dispatch bool   // there is EV_DISPATCH
}

// filter is one of the kernel's filters that a registration may have.
type filter uint8

const (
	read filter = iota
	write
	except
	filters // how many there are
)

// number returns the kernel's number of f. The caller makes sure that k has f.
func (k *kernel) number(f filter) int {
	switch f {
	case read:
		return filterRead
	case write:
		return filterWrite
	}
	return k.except
}

// filterOf is the inverse of number. It returns filters for a number that is none of the three.
func (k *kernel) filterOf(number int) filter {
	switch {
	case number == filterRead:
		return read
	case number == filterWrite:
		return write
	case number == k.except && k.except != 0:
		return except
	}
	return filters
}

// has reports whether there is such a filter.
func (k *kernel) has(f filter) bool { return f != except || k.except != 0 }
