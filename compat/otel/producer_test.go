package otel_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/moduvex/moduvex-go/compat/metrics"
	"github.com/moduvex/moduvex-go/compat/metrics/metricstest"
	"github.com/moduvex/moduvex-go/compat/otel"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
)

const testTimeout = 60 * time.Second

func startRuntime(t *testing.T, opts executor.Options) *executor.Runtime {
	t.Helper()
	rt, err := executor.New(modetest.Options(opts))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rt.Close() })
	return rt
}

// work runs tasks on each worker, and returns the metrics when they stand still.
func work(t *testing.T, rt *executor.Runtime) executor.Metrics {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
	defer cancel()
	m, err := metricstest.Work(ctx, rt)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// collected returns what a reader of the SDK gets from a producer, by name.
func collected(t *testing.T, p *otel.Producer) map[string]metricdata.Metrics {
	t.Helper()
	reader := sdk.NewManualReader(sdk.WithProducer(p))
	provider := sdk.NewMeterProvider(sdk.WithReader(reader))
	var all metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &all); err != nil {
		t.Fatal(err)
	}
	if err := provider.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	if err := reader.Collect(context.Background(), new(metricdata.ResourceMetrics)); !errors.Is(err, sdk.ErrReaderShutdown) {
		t.Errorf("after the shutdown the reader returns %v", err)
	}
	if len(all.ScopeMetrics) != 1 || all.ScopeMetrics[0].Scope.Name != otel.Scope {
		t.Fatalf("have %v", all.ScopeMetrics)
	}
	byName := map[string]metricdata.Metrics{}
	for _, m := range all.ScopeMetrics[0].Metrics {
		byName[m.Name] = m
	}
	return byName
}

// labelled returns the value with these attributes.
func labelled(t *testing.T, m metricdata.Metrics, runtime, worker string) metricdata.DataPoint[int64] {
	t.Helper()
	for _, p := range m.Data.(metricdata.Sum[int64]).DataPoints {
		r, _ := p.Attributes.Value("runtime")
		w, _ := p.Attributes.Value("worker")
		if r.AsString() == runtime && w.AsString() == worker {
			return p
		}
	}
	t.Errorf("%s has no point of %q %q: %v", m.Name, runtime, worker, m.Data)
	return metricdata.DataPoint[int64]{}
}

func TestAReaderGetsEveryMetric(t *testing.T) {
	a, b := startRuntime(t, executor.Options{Name: "a", Instrument: true}), startRuntime(t, executor.Options{Name: "b"})
	before := time.Now()
	ma, mb := work(t, a), work(t, b)
	all := collected(t, otel.NewProducer(otel.Options{}, metrics.New(a, metrics.Options{}), metrics.New(b, metrics.Options{Name: "second", Totals: true})))
	for _, d := range metrics.Descs() {
		want := 2
		if d.PerWorker {
			want = a.Workers() + 1
		}
		m := all[d.Dotted]
		points, ok := 0, false
		switch data := m.Data.(type) {
		case metricdata.Sum[int64]:
			points = len(data.DataPoints)
			ok = data.Temporality == metricdata.CumulativeTemporality && data.IsMonotonic == (d.Kind == metrics.Counter)
		case metricdata.Histogram[float64]:
			points = len(data.DataPoints)
			ok = data.Temporality == metricdata.CumulativeTemporality && d.Kind == metrics.Histogram
		}
		if points != want || !ok || m.Unit != d.Unit || m.Description != d.Help {
			t.Errorf("%s: want %d points, have %+v", d.Dotted, want, m)
		}
	}
	if len(all) != len(metrics.Descs()) {
		t.Errorf("have %d metrics, want %d", len(all), len(metrics.Descs()))
	}
	for i, w := range ma.Workers {
		p := labelled(t, all["moduvex.worker.polls"], "a", fmt.Sprint(i))
		if p.Value != int64(w.Polls) || !p.StartTime.Equal(ma.Since) || p.Time.Before(before) {
			t.Errorf("worker %d has %+v, want %d since %v", i, p, w.Polls, ma.Since)
		}
		h := all["moduvex.worker.poll_time"].Data.(metricdata.Histogram[float64]).DataPoints[i]
		if h.Count != w.PollTime.Count() || h.Sum != w.PollTime.Sum.Seconds() {
			t.Errorf("worker %d has the poll times %+v, want %v", i, h, w.PollTime)
		}
	}
	if p := labelled(t, all["moduvex.worker.polls"], "second", ""); p.Value != int64(mb.Polls) {
		t.Errorf("the second has polled %d times, want %d", p.Value, mb.Polls)
	}
}

func TestExponentialHistogramsAreInNanoseconds(t *testing.T) {
	rt := startRuntime(t, executor.Options{Instrument: true})
	m := work(t, rt)
	all := collected(t, otel.NewProducer(otel.Options{Exponential: true}, metrics.New(rt, metrics.Options{})))
	have := all["moduvex.worker.poll_time"]
	points := have.Data.(metricdata.ExponentialHistogram[int64]).DataPoints
	if have.Unit != "ns" || len(points) != rt.Workers() {
		t.Fatalf("have %+v", have)
	}
	for i, p := range points {
		n := p.ZeroCount
		for _, c := range p.PositiveBucket.Counts {
			n += c
		}
		if w := m.Workers[i].PollTime; p.Sum != int64(w.Sum) || p.Count != w.Count() || n != p.Count || !p.StartTime.Equal(m.Since) {
			t.Errorf("worker %d has %+v, want %v", i, p, w)
		}
	}
}

// An exporter of the SDK writes what it gets, in the format of OTLP.
func TestAnExporterWritesTheMetrics(t *testing.T) {
	rt := startRuntime(t, executor.Options{Name: "db"})
	m := work(t, rt)
	for _, opts := range []otel.Options{{}, {Exponential: true}} {
		var out bytes.Buffer
		exporter, err := stdoutmetric.New(stdoutmetric.WithWriter(&out))
		if err != nil {
			t.Fatal(err)
		}
		producer := otel.NewProducer(opts, metrics.New(rt, metrics.Options{Totals: true}))
		reader := sdk.NewPeriodicReader(exporter, sdk.WithProducer(producer), sdk.WithInterval(time.Hour))
		provider := sdk.NewMeterProvider(sdk.WithReader(reader))
		if err := provider.Shutdown(context.Background()); err != nil { // exports once more
			t.Fatal(err)
		}
		var have struct {
			ScopeMetrics []struct {
				Metrics []struct {
					Name string
					Data struct {
						DataPoints []struct {
							Attributes []struct {
								Key   string
								Value struct{ Value string }
							}
							Value, Count int64
						}
					}
				}
			}
		}
		if err := json.Unmarshal(out.Bytes(), &have); err != nil {
			t.Fatalf("%v: %s", err, out.String())
		}
		values := map[string]int64{}
		for _, metric := range have.ScopeMetrics[0].Metrics {
			p := metric.Data.DataPoints[0]
			if p.Attributes[0].Key != "runtime" || p.Attributes[0].Value.Value != "db" || len(p.Attributes) != 1 {
				t.Errorf("%s has %v", metric.Name, p.Attributes)
			}
			values[metric.Name] = p.Value + p.Count
		}
		for name, want := range map[string]uint64{"moduvex.worker.polls": m.Polls, "moduvex.blocking.wait": m.BlockingWait.Count()} {
			if values[name] != int64(want) {
				t.Errorf("%s is %d, want %d", name, values[name], want)
			}
		}
	}
}

func TestAContextThatIsDoneEndsAProduce(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := otel.NewProducer(otel.Options{}, metrics.New(rt, metrics.Options{})).Produce(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("have %v", err)
	}
}

func TestAProducerOfANilOrOfTwoEqualVarsPanics(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	v := metrics.New(rt, metrics.Options{Name: "same"})
	for want, vars := range map[string][]*metrics.Var{
		"otel: NewProducer with a nil Var": {v, nil},
		`otel: NewProducer with two runtimes of the name "same": metrics.Options.Name tells them apart`: {v, v},
	} {
		func() {
			defer func() {
				if have := recover(); have != want {
					t.Errorf("have %v, want %s", have, want)
				}
			}()
			otel.NewProducer(otel.Options{}, vars...)
		}()
	}
}
