package otel

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/moduvex/moduvex-go/compat/metrics"
)

// Options configure a [Producer].
type Options struct {
	// Exponential makes the histograms exponential ones in nanoseconds, in place of explicit bounds in seconds: the
	// documentation of the package tells them apart.
	Exponential bool
}

// Scope is the name of the instrumentation scope of all metrics.
const Scope = "github.com/moduvex/moduvex-go/compat/otel"

// A Producer produces the metrics of runtimes. It is a metric.Producer, and holds nothing that has to be closed.
type Producer struct {
	opts Options
	vars []*metrics.Var
}

var _ metric.Producer = (*Producer)(nil)

// NewProducer returns a producer of the runtimes that the vars are of, for metric.WithProducer. It panics if a Var is nil,
// or if two have the same name, since their metrics would be the same.
func NewProducer(opts Options, vars ...*metrics.Var) *Producer {
	names := map[string]bool{}
	for _, v := range vars {
		if v == nil {
			panic("otel: NewProducer with a nil Var")
		}
		if names[v.Name()] {
			panic(fmt.Sprintf("otel: NewProducer with two runtimes of the name %q: metrics.Options.Name tells them apart", v.Name()))
		}
		names[v.Name()] = true
	}
	return &Producer{opts, vars}
}

// A point is a sample with what else the SDK wants to know.
type point struct {
	metrics.Sample
	attributes attribute.Set
	since, now time.Time
}

// Produce implements metric.Producer. It reads each runtime once, and stops no worker. Any goroutine. The error is that of
// ctx, if it is done.
func (p *Producer) Produce(ctx context.Context) ([]metricdata.ScopeMetrics, error) {
	points := map[*metrics.Desc][]point{}
	for _, v := range p.vars {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		snapshot := v.Snapshot()
		now := time.Now()
		for s := range snapshot.Samples() {
			points[s.Desc] = append(points[s.Desc], point{s, attributes(s), snapshot.Since, now})
		}
	}
	scope := metricdata.ScopeMetrics{Scope: instrumentation.Scope{Name: Scope}}
	for _, d := range metrics.Descs() {
		if len(points[d]) != 0 {
			scope.Metrics = append(scope.Metrics, p.metricOf(d, points[d]))
		}
	}
	return []metricdata.ScopeMetrics{scope}, nil
}

func attributes(s metrics.Sample) attribute.Set {
	runtime := attribute.String("runtime", s.Runtime)
	if s.Worker == "" {
		return attribute.NewSet(runtime)
	}
	return attribute.NewSet(runtime, attribute.String("worker", s.Worker))
}

func (p *Producer) metricOf(d *metrics.Desc, points []point) metricdata.Metrics {
	m := metricdata.Metrics{Name: d.Dotted, Description: d.Help, Unit: d.Unit}
	switch {
	case d.Kind != metrics.Histogram:
		m.Data = sumOf(d, points)
	case p.opts.Exponential:
		m.Unit, m.Data = "ns", exponentialOf(points)
	default:
		m.Data = explicitOf(points)
	}
	return m
}

func sumOf(d *metrics.Desc, points []point) metricdata.Sum[int64] {
	sum := metricdata.Sum[int64]{Temporality: metricdata.CumulativeTemporality, IsMonotonic: d.Kind == metrics.Counter}
	for _, p := range points {
		sum.DataPoints = append(sum.DataPoints, metricdata.DataPoint[int64]{
			Attributes: p.attributes, StartTime: p.since, Time: p.now, Value: int64(p.Value),
		})
	}
	return sum
}
