//go:build !linux

package proc

import (
	"errors"
	"fmt"
	"os/exec"
	"runtime"
)

// Processors are not known here.
func Processors() ([]int, error) {
	return nil, fmt.Errorf("proc: processors on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}

// Start starts cmd on any processors: they cannot be chosen here.
func Start(cmd *exec.Cmd, cpus []int) error {
	if len(cpus) > 0 {
		return fmt.Errorf("proc: processors on %s: %w", runtime.GOOS, errors.ErrUnsupported)
	}
	return cmd.Start()
}

// NeedFiles cannot raise the limit here.
func NeedFiles(int) error {
	return fmt.Errorf("proc: limit of descriptors on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}

// Files cannot raise the limit here.
func Files(int) (int, error) {
	return 0, fmt.Errorf("proc: limit of descriptors on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}
