// Package metrics provides the metrics of a runtime in terms of the standard library: as a variable of package expvar,
// and as samples with names, units and labels, of which other formats can be made.
//
//	var runtimes = expvar.NewMap("runtimes") // in the JSON at /debug/vars
//
//	v := metrics.New(rt, metrics.Options{})
//	runtimes.Set(v.Name(), v)
//	defer runtimes.Delete(v.Name())
//
// A runtime that lasts as long as the program may also be published by itself, with expvar.Publish. That panics if the name is
// taken, by an earlier runtime for example: package expvar forgets no name.
//
// The package does not import expvar, which would add a handler to the default server of net/http: a program that wants
// that imports expvar itself. Modules compat/prometheus and compat/otel publish a [Var] to Prometheus and by OpenTelemetry.
//
// # The metrics
//
// Each metric has the label "runtime", and those that are marked have the label "worker" too: the number of the worker.
// Under [Options].Totals they have one sample for the runtime instead, whose worker is "". The names of OpenTelemetry,
// [Desc].Dotted, have dots between their parts, and end with neither the unit nor "_total".
//
//	name                                         kind       worker  field of package executor
//	moduvex_tasks_spawned_total                  counter    yes     Counters.Spawned
//	moduvex_tasks_completed_total                counter    yes     Counters.Completed
//	moduvex_tasks_cancelled_total                counter    yes     Counters.Cancelled
//	moduvex_tasks_panicked_total                 counter    yes     Counters.Panicked
//	moduvex_tasks_live                           gauge      no      Stats.Live
//	moduvex_tasks_queued                         gauge      no      Stats.Queued
//	moduvex_other_panics_total                   counter    no      Stats.Panicked, less those of the workers
//	moduvex_worker_polls_total                   counter    yes     Counters.Polls
//	moduvex_worker_polls_handed_on_total         counter    yes     Counters.HandedOn
//	moduvex_worker_budget_yields_total           counter    yes     Counters.BudgetYields
//	moduvex_worker_wakes_local_total             counter    yes     Counters.WakesLocal
//	moduvex_worker_wakes_remote_total            counter    yes     Counters.WakesRemote
//	moduvex_worker_spins_total                   counter    yes     Counters.Spins
//	moduvex_worker_spin_hits_total               counter    yes     Counters.SpinHits
//	moduvex_worker_parks_total                   counter    yes     Counters.Parks
//	moduvex_worker_notifies_total                counter    yes     Counters.Notifies
//	moduvex_worker_searches_total                counter    yes     Counters.Searches
//	moduvex_worker_steals_total                  counter    yes     Counters.Steals
//	moduvex_worker_stolen_total                  counter    yes     Counters.Stolen
//	moduvex_worker_overflows_total               counter    yes     Counters.Overflows
//	moduvex_worker_parked                        gauge      yes     WorkerMetrics.Parked
//	moduvex_worker_registrations                 gauge      yes     WorkerMetrics.Registrations
//	moduvex_worker_poll_time_seconds             histogram  yes     WorkerMetrics.PollTime
//	moduvex_worker_schedule_latency_seconds      histogram  yes     WorkerMetrics.ScheduleLatency
//	moduvex_blocking_queued                      gauge      no      Stats.BlockingQueued
//	moduvex_blocking_running                     gauge      no      Stats.BlockingRunning
//	moduvex_blocking_threads                     gauge      no      Stats.BlockingThreads
//	moduvex_blocking_finished_total              counter    no      Stats.BlockingFinished
//	moduvex_blocking_wait_seconds                histogram  no      Metrics.BlockingWait
//
// # Histograms
//
// An executor.Histogram has four buckets for each power of two of nanoseconds. That is fine for its own quantiles, and many
// for a time series database, so the other formats get one bucket for each power: [Octaves] adds them up, and none of
// them lies across a bound.
//
// The bounds are powers of two in nanoseconds, and none of them is a power of two in seconds. The bucket of a Prometheus or
// OpenTelemetry histogram includes its upper bound, while a duration of exactly 2^k ns is in the executor's bucket that
// begins there. Durations are whole nanoseconds, so a bucket that ends at 2^k - 1 ns, included, has the same
// durations: [OctaveEnd].
package metrics
