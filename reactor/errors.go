package reactor

import (
	"errors"
	"net"
	"os"
	"strconv"
	"strings"
)

var (
	// ErrExists is returned by Add for a descriptor that is already registered.
	ErrExists = errors.New("reactor: already registered")

	// ErrNotFound is returned by Modify and Delete for a descriptor that is not registered.
	ErrNotFound = errors.New("reactor: not registered")

	// ErrBusy is returned by a Wait that begins while another one is in progress.
	ErrBusy = errors.New("reactor: another wait is in progress")

	// ErrInvalid is returned for a Key, an Interest or a Mode that the contract does not allow.
	ErrInvalid = errors.New("reactor: invalid argument")

	// ErrClosed is returned by the methods of a closed Poller, Reactor or Registration, and of a zero Reactor or
	// Registration. errors.Is matches it with net.ErrClosed and os.ErrClosed, as it matches the errors of the
	// standard library's closed connections and files.
	ErrClosed error = closedError{}
)

type closedError struct{}

func (closedError) Error() string { return "reactor: closed" }

// Is reports whether target is one of the standard library's errors for closed connections and files.
func (closedError) Is(target error) bool { return target == net.ErrClosed || target == os.ErrClosed }

// NoFD is the PollError.FD of an operation that concerns no single descriptor.
const NoFD = ^uintptr(0)

// PollError is an error of a Poller's operation: the operation, its descriptor, and the reason. Err is one of this
// package's errors or the system's (a syscall.Errno); errors.Is and errors.As find it.
type PollError struct {
	Op  string  // "add", "modify", "delete", "rearm", "wait", "notify", "close", "new"
	FD  uintptr // NoFD where there is none
	Err error
}

// Error returns "reactor: op fd n: reason".
func (e *PollError) Error() string {
	s := "reactor: " + e.Op
	if e.FD != NoFD {
		s += " fd " + strconv.FormatUint(uint64(e.FD), 10)
	}
	return s + ": " + strings.TrimPrefix(e.Err.Error(), "reactor: ")
}

// Unwrap returns the reason.
func (e *PollError) Unwrap() error { return e.Err }
