//go:build !linux

package proc

import (
	"errors"
	"fmt"
	"os/exec"
	"runtime"
)

// Processors cannot be told here.
func Processors() ([]int, error) {
	return nil, fmt.Errorf("proc: processors on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}

// Start starts cmd on any processors: others cannot be asked for here.
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
