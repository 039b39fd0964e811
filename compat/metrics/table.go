package metrics

import "github.com/moduvex/moduvex-go/executor"

type (
	workerMetrics  = executor.WorkerMetrics
	runtimeMetrics = executor.Metrics
	histogram      = executor.Histogram
)

// table is the one list of the metrics. A test compares it with the fields of package executor's structs, and another one
// with the documentation. It is never written.
var table = [...]Desc{
	{Dotted: "moduvex.tasks.spawned", Kind: Counter, Unit: "{task}", PerWorker: true,
		Help:   "Tasks that were accepted.",
		worker: func(w *workerMetrics) uint64 { return w.Spawned }},
	{Dotted: "moduvex.tasks.completed", Kind: Counter, Unit: "{task}", PerWorker: true,
		Help:   "Tasks that ended by themselves, those that panicked included.",
		worker: func(w *workerMetrics) uint64 { return w.Completed }},
	{Dotted: "moduvex.tasks.cancelled", Kind: Counter, Unit: "{task}", PerWorker: true,
		Help:   "Tasks that ended because they were aborted, or were given up at shutdown.",
		worker: func(w *workerMetrics) uint64 { return w.Cancelled }},
	{Dotted: "moduvex.tasks.panicked", Kind: Counter, Unit: "{task}", PerWorker: true,
		Help:   "Tasks that panicked.",
		worker: func(w *workerMetrics) uint64 { return w.Panicked }},
	{Dotted: "moduvex.tasks.live", Kind: Gauge, Unit: "{task}",
		Help:    "Tasks that have not ended.",
		runtime: func(m *runtimeMetrics) uint64 { return uint64(m.Live) }},
	{Dotted: "moduvex.tasks.queued", Kind: Gauge, Unit: "{task}",
		Help:    "Tasks that are ready on no worker, where workers steal.",
		runtime: func(m *runtimeMetrics) uint64 { return uint64(m.Queued) }},
	{Dotted: "moduvex.other_panics", Kind: Counter, Unit: "{panic}",
		Help:    "Panics that were contained and are of no task.",
		runtime: otherPanics},

	{Dotted: "moduvex.worker.polls", Kind: Counter, Unit: "{poll}", PerWorker: true,
		Help:   "Polls of tasks.",
		worker: func(w *workerMetrics) uint64 { return w.Polls }},
	{Dotted: "moduvex.worker.polls_handed_on", Kind: Counter, Unit: "{poll}", PerWorker: true,
		Help:   "Polls that a body in direct style began where the one before stopped.",
		worker: func(w *workerMetrics) uint64 { return w.HandedOn }},
	{Dotted: "moduvex.worker.budget_yields", Kind: Counter, Unit: "{poll}", PerWorker: true,
		Help:   "Polls that ended because their budget was spent.",
		worker: func(w *workerMetrics) uint64 { return w.BudgetYields }},
	{Dotted: "moduvex.worker.wakes_local", Kind: Counter, Unit: "{wake}", PerWorker: true,
		Help:   "Tasks that became ready by a wake on the worker itself.",
		worker: func(w *workerMetrics) uint64 { return w.WakesLocal }},
	{Dotted: "moduvex.worker.wakes_remote", Kind: Counter, Unit: "{wake}", PerWorker: true,
		Help:   "Tasks that came to the worker through its inbox or the injector.",
		worker: func(w *workerMetrics) uint64 { return w.WakesRemote }},
	{Dotted: "moduvex.worker.spins", Kind: Counter, Unit: "{spin}", PerWorker: true,
		Help:   "How often the worker looked for more tasks before a sleep.",
		worker: func(w *workerMetrics) uint64 { return w.Spins }},
	{Dotted: "moduvex.worker.spin_hits", Kind: Counter, Unit: "{spin}", PerWorker: true,
		Help:   "How often a look for more tasks before a sleep spared the worker that sleep.",
		worker: func(w *workerMetrics) uint64 { return w.SpinHits }},
	{Dotted: "moduvex.worker.parks", Kind: Counter, Unit: "{park}", PerWorker: true,
		Help:   "How often the worker went to sleep.",
		worker: func(w *workerMetrics) uint64 { return w.Parks }},
	{Dotted: "moduvex.worker.notifies", Kind: Counter, Unit: "{notify}", PerWorker: true,
		Help:   "How often another goroutine woke the sleeping worker by a system call.",
		worker: func(w *workerMetrics) uint64 { return w.Notifies }},
	{Dotted: "moduvex.worker.searches", Kind: Counter, Unit: "{search}", PerWorker: true,
		Help:   "How often the worker searched the queues of the others.",
		worker: func(w *workerMetrics) uint64 { return w.Searches }},
	{Dotted: "moduvex.worker.steals", Kind: Counter, Unit: "{steal}", PerWorker: true,
		Help:   "How often the worker found tasks in the queues of the others.",
		worker: func(w *workerMetrics) uint64 { return w.Steals }},
	{Dotted: "moduvex.worker.stolen", Kind: Counter, Unit: "{task}", PerWorker: true,
		Help:   "Tasks that the worker took from the queues of the others.",
		worker: func(w *workerMetrics) uint64 { return w.Stolen }},
	{Dotted: "moduvex.worker.overflows", Kind: Counter, Unit: "{task}", PerWorker: true,
		Help:   "How often a task did not fit the ring of the worker.",
		worker: func(w *workerMetrics) uint64 { return w.Overflows }},
	{Dotted: "moduvex.worker.parked", Kind: Gauge, Unit: "{worker}", PerWorker: true,
		Help:   "1 if the worker sleeps, 0 if not.",
		worker: parked},
	{Dotted: "moduvex.worker.registrations", Kind: Gauge, Unit: "{descriptor}", PerWorker: true,
		Help:   "Descriptors in the poller of the worker.",
		worker: func(w *workerMetrics) uint64 { return uint64(w.Registrations) }},
	{Dotted: "moduvex.worker.poll_time", Kind: Histogram, Unit: "s", PerWorker: true,
		Help:            "How long polls took: every 256th, or all under Options.Instrument.",
		workerHistogram: func(w *workerMetrics) *histogram { return &w.PollTime }},
	{Dotted: "moduvex.worker.schedule_latency", Kind: Histogram, Unit: "s", PerWorker: true,
		Help:            "How long tasks were ready before they were polled, under Options.Instrument.",
		workerHistogram: func(w *workerMetrics) *histogram { return &w.ScheduleLatency }},

	{Dotted: "moduvex.blocking.queued", Kind: Gauge, Unit: "{function}",
		Help:    "Functions that wait for a goroutine of the blocking pool.",
		runtime: func(m *runtimeMetrics) uint64 { return uint64(m.BlockingQueued) }},
	{Dotted: "moduvex.blocking.running", Kind: Gauge, Unit: "{function}",
		Help:    "Functions that run on the blocking pool.",
		runtime: func(m *runtimeMetrics) uint64 { return uint64(m.BlockingRunning) }},
	{Dotted: "moduvex.blocking.threads", Kind: Gauge, Unit: "{goroutine}",
		Help:    "Goroutines of the blocking pool, idle ones included.",
		runtime: func(m *runtimeMetrics) uint64 { return uint64(m.BlockingThreads) }},
	{Dotted: "moduvex.blocking.finished", Kind: Counter, Unit: "{function}",
		Help:    "Functions that have run on the blocking pool.",
		runtime: func(m *runtimeMetrics) uint64 { return m.BlockingFinished }},
	{Dotted: "moduvex.blocking.wait", Kind: Histogram, Unit: "s",
		Help:             "How long functions waited for a goroutine of the blocking pool.",
		runtimeHistogram: func(m *runtimeMetrics) *histogram { return &m.BlockingWait }},
}

// otherPanics returns what Stats counts beyond the panics of the workers' tasks.
func otherPanics(m *runtimeMetrics) uint64 {
	n := m.Panicked
	for i := range m.Workers {
		n -= m.Workers[i].Panicked
	}
	return n
}

func parked(w *workerMetrics) uint64 {
	if w.Parked {
		return 1
	}
	return 0
}
