// Package otel provides the metrics of runtimes for the SDK of go.opentelemetry.io/otel.
//
//	producer := otel.NewProducer(otel.Options{}, metrics.New(rt, metrics.Options{}))
//	reader := metric.NewPeriodicReader(exporter, metric.WithProducer(producer))
//	provider := metric.NewMeterProvider(metric.WithReader(reader))
//
// Package compat/metrics has the table of the metrics; their names are those of metrics.Desc.Dotted, such as
// moduvex.tasks.spawned. Each has the attribute "runtime", and those of workers have the attribute "worker", unless
// metrics.Options.Totals is set.
//
// A program needs one Producer: runtimes that come and go are for [Producer.Add] and [Producer.Remove]. The metrics of a second
// Producer of the same reader would be in a second scope of the same name.
//
// # Why a Producer
//
// A runtime has counted already when it is read. Observable instruments could pass its counters on, but no instrument
// takes a histogram that is complete. A Producer passes everything, and registers nothing: its readers read it, and it
// ends with them.
//
// A counter is a monotonic sum. What rises and falls, such as the live tasks, is a sum that is not monotonic, and no gauge:
// it may be added up over workers. The temporality is cumulative, since the beginning of the runtime, whatever the reader
// asks for: a pipeline that needs deltas has to convert them.
//
// # Histograms
//
// A histogram is in seconds, as the semantic conventions ask for, with explicit bounds: a bucket for each power of two in
// nanoseconds. A bucket includes its upper bound, and the executor counts a duration of 1,024 ns in the bucket above, so the
// bound is 1.023e-06 and the counts are exact.
//
// The bounds of an exponential histogram are powers of two in the unit, and no power of two in nanoseconds is one in
// seconds. So [Options].Exponential has the histograms in nanoseconds, of scale 0. They are exact if each duration is counted
// as a nanosecond longer than it is; their sum is that of the durations themselves. The last bucket, from 2^43 ns on, which
// is 2.4 hours, has all longer durations, too.
package otel
