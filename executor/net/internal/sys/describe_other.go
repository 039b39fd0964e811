//go:build !linux && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd && !windows

package sys

import (
	"errors"
	"os"
)

// Dup fails: a duplicate of a socket is no descriptor for another owner here.
func Dup(int) (int, error) { return -1, os.NewSyscallError("dup", errors.ErrUnsupported) }

// DupFile fails for the same reason.
func DupFile(int, string) (*os.File, error) {
	return nil, os.NewSyscallError("dup", errors.ErrUnsupported)
}

// Detach does nothing.
func Detach(int) {}

// Describe fails, since there is nothing to describe.
func Describe(int) (Description, error) { return Description{}, errors.ErrUnsupported }

// ReportsListening is false.
const ReportsListening = false
