package executor

import (
	"fmt"

	"golang.org/x/sys/unix"
)

const canBind = true

// bindTo binds the calling thread to processors.
func bindTo(cpus []int) error {
	var set unix.CPUSet
	for _, cpu := range cpus {
		if set.Set(cpu); !set.IsSet(cpu) {
			return fmt.Errorf("there is no processor %d", cpu)
		}
	}
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("sched_setaffinity: %w", err)
	}
	return nil
}
