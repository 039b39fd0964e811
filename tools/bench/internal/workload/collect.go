package workload

import (
	"math"
	"runtime"
	"runtime/metrics"
	"time"

	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
)

// cycles is how many collections are measured.
const cycles = 3

const (
	gcCPU    = "/cpu/classes/gc/total:cpu-seconds"
	gcPauses = "/sched/pauses/total/gc:seconds"
)

// collect measures collections of the heap as it is.
func (m *meter) collect() {
	runtime.GC() // the first one also sweeps what the setting up has left
	read := func() (cpu float64, pauses []uint64, bounds []float64) {
		s := []metrics.Sample{{Name: gcCPU}, {Name: gcPauses}}
		metrics.Read(s)
		h := s[1].Value.Float64Histogram()
		return s[0].Value.Float64(), h.Counts, h.Buckets
	}
	cpu, pauses, _ := read()
	start := time.Now()
	for range cycles {
		runtime.GC()
	}
	wall := time.Since(start)
	cpuAfter, pausesAfter, bounds := read()
	longest := 0.0
	for i, n := range pausesAfter {
		if n > pauses[i] {
			longest = bounds[i+1]
			if math.IsInf(longest, 1) {
				longest = bounds[i]
			}
		}
	}
	m.sample[spec.Collects] = cycles
	m.sample[spec.GCWallMs] = float64(wall) / 1e6 / cycles
	m.sample[spec.GCCPUMs] = (cpuAfter - cpu) * 1e3 / cycles
	m.sample[spec.PauseUs] = longest * 1e6
}
