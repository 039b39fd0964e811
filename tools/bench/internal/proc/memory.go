package proc

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"
)

// Resident is the memory of the process now, in bytes, after all garbage is gone from it; -1 where it
// cannot be had.
func Resident() int64 {
	debug.FreeOSMemory()
	return residentNow()
}

func residentNow() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return -1
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(text), &size, &resident); err != nil {
		return -1
	}
	return resident * int64(os.Getpagesize())
}

// Model names the processor, if the system reports it.
func Model() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
