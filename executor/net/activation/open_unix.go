//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package activation

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// open checks the descriptors, and makes files of them.
//
// What a process has opened itself is close-on-exec, in Go, and what it has inherited cannot be: the exec would have closed
// it. So the flag tells whether a descriptor is still that of the manager.
func open(names []string) (Sockets, error) {
	for i := range names {
		flags, err := unix.FcntlInt(uintptr(firstFD+i), unix.F_GETFD, 0)
		if err != nil {
			return nil, &VariableError{countVariable, strconv.Itoa(len(names)), fmt.Errorf("descriptor %d: %w", firstFD+i, err)}
		}
		if flags&unix.FD_CLOEXEC != 0 {
			return nil, fmt.Errorf("descriptor %d: %w", firstFD+i, ErrTaken)
		}
	}
	var all Sockets
	for i, name := range names {
		unix.CloseOnExec(firstFD + i)
		all = append(all, &Socket{Name: name, File: os.NewFile(uintptr(firstFD+i), name)})
	}
	return all, nil
}
