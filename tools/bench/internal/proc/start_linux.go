package proc

import (
	"fmt"
	"os/exec"
	"runtime"

	"golang.org/x/sys/unix"
)

// Processors returns the numbers of those that this process may use.
func Processors() ([]int, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return nil, fmt.Errorf("proc: processors: %w", err)
	}
	var cpus []int
	for i := 0; len(cpus) < set.Count(); i++ {
		if set.IsSet(i) {
			cpus = append(cpus, i)
		}
	}
	return cpus, nil
}

// Start starts cmd on the given processors, or on all if there are none. The child inherits them from
// the thread that forks it, so all its threads have them from the start.
func Start(cmd *exec.Cmd, cpus []int) error {
	if len(cpus) == 0 {
		return cmd.Start()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return fmt.Errorf("proc: processors: %w", err)
	}
	for _, cpu := range cpus {
		set.Set(cpu)
	}
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("proc: processors %v: %w", cpus, err)
	}
	err := cmd.Start()
	if undo := unix.SchedSetaffinity(0, &before); undo != nil {
		// This thread must not go on running anything else: it ends with its goroutine.
		runtime.LockOSThread()
		return fmt.Errorf("proc: processors: %w", undo)
	}
	return err
}

// NeedFiles makes room for n descriptors in this process and in those that it starts.
func NeedFiles(n int) error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("proc: limit of descriptors: %w", err)
	}
	// Set it even if it suffices: Go gives children the limit it had at its start, unless the program
	// has set one.
	higher := unix.Rlimit{Cur: max(uint64(n), limit.Cur), Max: max(uint64(n), limit.Max)}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &higher); err != nil {
		return fmt.Errorf("proc: %d descriptors are needed, and the limit is %d: raise it (ulimit -n %d, or as root): %w",
			n, limit.Max, n, err)
	}
	return nil
}

// Files makes room for n descriptors, or for as many as the system allows if that is fewer, and returns that number.
func Files(n int) (int, error) {
	if err := NeedFiles(n); err == nil {
		return n, nil
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("proc: limit of descriptors: %w", err)
	}
	most := int(min(limit.Max, uint64(n)))
	return most, NeedFiles(most)
}
