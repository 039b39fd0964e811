// Package prometheus provides the metrics of runtimes as a collector for github.com/prometheus/client_golang.
//
//	registry.MustRegister(prometheus.NewCollector(prometheus.Options{}, metrics.New(rt, metrics.Options{})))
//
// Package compat/metrics has the table of the metrics, with their names. Each of them has the label "runtime", and those of
// workers have the label "worker", which is empty under metrics.Options.Totals: Prometheus drops it then. A scrape reads each
// runtime once, and waits for none of its tasks. The Gather of a registry waits for other goroutines, though, so a task that
// serves scrapes calls it by executor.Blocking.
//
// # Histograms
//
// A histogram is in seconds, as Prometheus asks for, and classic: it works with every version and setting of a server. It
// has a bucket for each power of two of nanoseconds, 44 of them, with the same bounds at all times. So a runtime with many
// workers has many time series, and metrics.Options.Totals reduces them: 132 buckets for any number of workers.
//
// The buckets are exact: a scrape moves no duration across a bound. That is why a bound is 1.023e-06 and not 1.024e-06: a
// bucket of Prometheus includes its upper bound, and the executor counts a duration of 1,024 ns in the bucket above.
// The setting convert_classic_histograms_to_nhcb of a newer server makes native histograms of them, with the same bounds.
//
// The exponential buckets of a native histogram are bounded by powers of two in the unit. No power of two in
// nanoseconds is one in seconds, in any resolution, so a native histogram in seconds would have to guess. [Options].Native adds native
// histograms in nanoseconds, whose names end in _nanoseconds: moduvex_worker_poll_time_nanoseconds. They are exact if each
// duration is counted as a nanosecond longer than it is; their sum is that of the durations themselves. The last bucket, from
// 2^43 ns on, which is 2.4 hours, has all longer durations, too. They are an option
// since `promtool check metrics` objects to the unit. In the text format they have no buckets, so a server that does not
// scrape in the protobuf format has no use for them.
package prometheus
