package otel

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
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

// ErrName is what Add returns for a runtime whose name another one has.
var ErrName = errors.New("otel: two runtimes have one name: metrics.Options.Name tells them apart")

// A Producer produces the metrics of runtimes. It is a metric.Producer, and holds nothing that has to be closed. Any goroutine
// may call its methods.
type Producer struct {
	opts Options
	mu   sync.Mutex
	vars []*metrics.Var // never changed in place: Produce reads it without mu
}

var _ metric.Producer = (*Producer)(nil)

// NewProducer returns a producer of the runtimes that the vars are of, for metric.WithProducer. It panics if a Var is nil,
// or if two have the same name, since their metrics would be the same.
func NewProducer(opts Options, vars ...*metrics.Var) *Producer {
	p := &Producer{opts: opts}
	for _, v := range vars {
		if v == nil {
			panic("otel: NewProducer with a nil Var")
		}
		if p.Add(v) != nil {
			panic(fmt.Sprintf("otel: NewProducer with two runtimes of the name %q: metrics.Options.Name tells them apart", v.Name()))
		}
	}
	return p
}

// Add makes p produce the metrics of another runtime, too: a reader takes its producers when it is made. It returns an error
// that is ErrName if p has a Var of that name. A nil Var panics.
func (p *Producer) Add(v *metrics.Var) error {
	if v == nil {
		panic("otel: Add of a nil Var")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, other := range p.vars {
		if other.Name() == v.Name() {
			return fmt.Errorf("%w: %q", ErrName, v.Name())
		}
	}
	p.vars = append(slices.Clip(p.vars), v)
	return nil
}

// Remove undoes Add, and reports whether p had v. A Produce that is under way may still have its metrics. Without it p goes on
// with the last numbers of a runtime that has ended, and keeps it in memory.
func (p *Producer) Remove(v *metrics.Var) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.Index(p.vars, v)
	if i < 0 {
		return false
	}
	p.vars = slices.Concat(p.vars[:i], p.vars[i+1:])
	return true
}

func (p *Producer) all() []*metrics.Var {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.vars
}

// A point is a sample with what else the SDK wants to know.
type point struct {
	metrics.Sample
	attributes attribute.Set
	since, now time.Time
}

// Produce implements metric.Producer. It reads each runtime once, and stops no worker. The error is that of
// ctx, if it is done.
func (p *Producer) Produce(ctx context.Context) ([]metricdata.ScopeMetrics, error) {
	points := map[*metrics.Desc][]point{}
	for _, v := range p.all() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		snapshot := v.Snapshot()
		now := time.Now()
		for s := range snapshot.Samples() {
			points[s.Desc] = append(points[s.Desc], point{s, attributes(s), snapshot.Since, now})
		}
	}
	if len(points) == 0 {
		return nil, nil
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
