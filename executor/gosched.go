package executor

import (
	"runtime/metrics"
	"sync/atomic"
)

// A goScheduler asks Go's scheduler how busy the process is. Package runtime/metrics takes some 80 ns for
// that, under a lock of the whole process, on which a worker must not wait: so one asks at a time. The names
// are new in Go 1.26; before it nothing is known.
type goScheduler struct {
	asking  atomic.Bool
	samples [3]metrics.Sample
}

func (s *goScheduler) init() {
	s.samples = [...]metrics.Sample{
		{Name: "/sched/gomaxprocs:threads"},
		{Name: "/sched/goroutines/running:goroutines"},
		{Name: "/sched/goroutines/runnable:goroutines"},
	}
}

// ask reports whether there are processors, in Go's sense, that nobody uses, and whether there are
// goroutines that are ready and do not run. What is not known is answered with false and true. Any
// goroutine.
func (s *goScheduler) ask() (idle, ready bool) {
	if !s.asking.CompareAndSwap(false, true) {
		return false, true
	}
	defer s.asking.Store(false)
	metrics.Read(s.samples[:])
	for i := range s.samples {
		if s.samples[i].Value.Kind() != metrics.KindUint64 {
			return false, true
		}
	}
	procs, running := s.samples[0].Value.Uint64(), s.samples[1].Value.Uint64()
	return running < procs, s.samples[2].Value.Uint64() != 0
}
