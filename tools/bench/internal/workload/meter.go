package workload

import (
	"runtime"
	"time"

	"github.com/moduvex/moduvex-go/tools/bench/internal/proc"
	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
)

// A meter measures the time between begin and end.
type meter struct {
	sample spec.Sample
	mem    runtime.MemStats
	cpu    time.Duration
	start  time.Time
}

func newMeter() *meter { return &meter{sample: spec.Sample{}} }

// begin collects garbage first, so that the cost excludes the garbage of the set-up.
func (m *meter) begin() {
	runtime.GC()
	runtime.ReadMemStats(&m.mem)
	m.cpu = proc.CPU()
	m.start = time.Now()
}

// end says that units operations were done.
func (m *meter) end(units int) {
	wall := time.Since(m.start)
	cpu := proc.CPU()
	before := m.mem
	runtime.ReadMemStats(&m.mem)
	per := func(total float64) float64 { return total / float64(units) }
	m.sample[spec.Ns] = per(float64(wall))
	if cpu >= 0 {
		m.sample[spec.CPUNs] = per(float64(cpu - m.cpu))
	}
	m.sample[spec.Allocs] = per(float64(m.mem.Mallocs - before.Mallocs))
	m.sample[spec.AllocBytes] = per(float64(m.mem.TotalAlloc - before.TotalAlloc))
	if peak := proc.Peak(); peak >= 0 {
		m.sample[spec.RSS] = float64(peak) / 1e6
	}
}

// repeated measures f after a tenth of it to warm up. f does about as many units as it is told to
// and returns how many it did.
func (m *meter) repeated(units int, f func(units int) (did int, err error)) error {
	if _, err := f(units / 10); err != nil {
		return err
	}
	m.begin()
	did, err := f(units)
	m.end(max(did, 1))
	return err
}

// resident notes the memory that n parked tasks have added since before.
func (m *meter) resident(before int64, n int) {
	if now := proc.Resident(); before >= 0 && now >= 0 && n > 0 {
		m.sample[spec.TaskBytes] = float64(now-before) / float64(n)
	}
}
