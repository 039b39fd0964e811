package activation

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// The variables of the protocol.
const (
	pidVariable   = "LISTEN_PID"
	pidfdVariable = "LISTEN_PIDFDID" // a second name of the process, in later versions of systemd
	countVariable = "LISTEN_FDS"
	namesVariable = "LISTEN_FDNAMES"
)

const (
	firstFD     = 3
	maxFDs      = 1 << 16 // more is a mistake, and would take long to check
	missingName = "unknown"
)

// ErrTaken is the error of a Take of descriptors that are close-on-exec: the manager has not passed them to this process.
// Another Take has returned them, or they are files that the process has opened since their close.
var ErrTaken = errors.New("activation: the sockets were taken before")

// A VariableError is the error of a variable that does not fit the protocol.
type VariableError struct {
	Variable, Value string
	Err             error
}

// Error names the variable and its value.
func (e *VariableError) Error() string {
	return fmt.Sprintf("activation: %s=%q: %v", e.Variable, e.Value, e.Err)
}

// Unwrap returns the reason.
func (e *VariableError) Unwrap() error { return e.Err }

// Sockets are what a manager has passed, in its order.
type Sockets []*Socket

// Take returns the sockets that were passed to this process, and makes them close-on-exec. It returns an empty list if there
// are none. With unset it removes the variables from the environment, so that children do not see them; without it they
// stay, for another library to read.
//
// The sockets belong to the caller from then on, so a second Take returns ErrTaken, or an empty list after unset. A variable
// that does not fit the protocol gives a *VariableError, and then Take has changed nothing, except that it has removed
// the variables with unset. Calls must not overlap, nor with other changes of the environment.
func Take(unset bool) (Sockets, error) {
	names, err := read(os.LookupEnv)
	if unset {
		for _, v := range []string{pidVariable, pidfdVariable, countVariable, namesVariable} {
			if err := os.Unsetenv(v); err != nil {
				return nil, err
			}
		}
	}
	if len(names) == 0 || err != nil {
		return nil, err
	}
	return open(names)
}

// read returns the names of the descriptors that are for this process.
func read(lookup func(string) (string, bool)) (names []string, err error) {
	pid, ok := lookup(pidVariable)
	if !ok {
		return nil, nil
	}
	if n, err := strconv.ParseUint(pid, 10, 31); err != nil || n == 0 {
		return nil, &VariableError{pidVariable, pid, errors.New("not the number of a process")}
	} else if int(n) != os.Getpid() {
		return nil, nil
	}
	count, _ := lookup(countVariable)
	n, err := strconv.ParseUint(count, 10, 31)
	if err != nil || n > maxFDs {
		return nil, &VariableError{countVariable, count, errors.New("not a number of descriptors")}
	}
	list, named := lookup(namesVariable)
	if !named || n == 0 {
		for range n {
			names = append(names, missingName)
		}
		return names, nil
	}
	names = strings.Split(list, ":")
	if uint64(len(names)) != n {
		return nil, &VariableError{namesVariable, list, fmt.Errorf("%d names for %d descriptors", len(names), n)}
	}
	return names, nil
}

// Named returns the sockets with a name. Several units may share one, and a unit may have several sockets.
func (all Sockets) Named(name string) (some Sockets) {
	for _, s := range all {
		if s.Name == name {
			some = append(some, s)
		}
	}
	return some
}

// Close closes those that are left: that no method of the Socket has taken.
func (all Sockets) Close() error {
	var errs []error
	for _, s := range all {
		if err := s.File.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
