package prometheus_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	prom "github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/moduvex/moduvex-go/compat/metrics"
	"github.com/moduvex/moduvex-go/compat/metrics/metricstest"
	"github.com/moduvex/moduvex-go/compat/prometheus"
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

func gathered(t *testing.T, r *prom.Registry) map[string]*dto.MetricFamily {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*dto.MetricFamily{}
	for _, f := range families {
		all[f.GetName()] = f
	}
	return all
}

// labelled returns the value of a counter or a gauge with these labels.
func labelled(t *testing.T, f *dto.MetricFamily, labels string) float64 {
	t.Helper()
	for _, m := range f.GetMetric() {
		text := ""
		for _, l := range m.Label {
			text += l.GetName() + "=" + l.GetValue() + " "
		}
		if text == labels {
			return m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	t.Errorf("%s has no sample with %q: %v", f.GetName(), labels, f)
	return 0
}

// A pedantic registry checks each metric against its description.
func TestEveryMetricIsCollected(t *testing.T) {
	a, b := startRuntime(t, executor.Options{Name: "a"}), startRuntime(t, executor.Options{Name: "b"})
	work(t, a)
	ma, mb := work(t, a), work(t, b)
	registry := prom.NewPedanticRegistry()
	registry.MustRegister(prometheus.NewCollector(prometheus.Options{}, metrics.New(a, metrics.Options{}), metrics.New(b, metrics.Options{Totals: true, Name: "second"})))
	all := gathered(t, registry)
	for _, d := range metrics.Descs() {
		f := all[d.Name()]
		want := 2
		if d.PerWorker {
			want = a.Workers() + 1
		}
		if len(f.GetMetric()) != want || f.GetHelp() != d.Help || f.GetType() != typeOf[d.Kind] {
			t.Errorf("%s: want %d samples, have %v", d.Name(), want, f)
		}
	}
	if len(all) != len(metrics.Descs()) {
		t.Errorf("have %d metrics, want %d", len(all), len(metrics.Descs()))
	}
	for i, w := range ma.Workers {
		if n := labelled(t, all["moduvex_worker_polls_total"], fmt.Sprintf("runtime=a worker=%d ", i)); n != float64(w.Polls) {
			t.Errorf("worker %d has polled %v times, want %d", i, n, w.Polls)
		}
	}
	if n := labelled(t, all["moduvex_worker_polls_total"], "runtime=second worker= "); n != float64(mb.Polls) {
		t.Errorf("the second has polled %v times, want %d", n, mb.Polls)
	}
	if n := labelled(t, all["moduvex_blocking_finished_total"], "runtime=a "); n != float64(ma.BlockingFinished) || n == 0 {
		t.Errorf("%v functions have run, want %d", n, ma.BlockingFinished)
	}
	since := all["moduvex_tasks_spawned_total"].Metric[0].Counter.GetCreatedTimestamp().AsTime()
	if !since.Equal(ma.Since.Round(0)) {
		t.Errorf("created at %v, want %v", since, ma.Since)
	}
}

var typeOf = map[metrics.Kind]dto.MetricType{
	metrics.Counter: dto.MetricType_COUNTER, metrics.Gauge: dto.MetricType_GAUGE, metrics.Histogram: dto.MetricType_HISTOGRAM,
}

func TestNativeHistogramsAreBesideTheOthers(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	registry := prom.NewPedanticRegistry()
	registry.MustRegister(prometheus.NewCollector(prometheus.Options{Native: true}, metrics.New(rt, metrics.Options{})))
	work(t, rt)
	all := gathered(t, registry)
	classic, native := all["moduvex_blocking_wait_seconds"].Metric[0].Histogram, all["moduvex_blocking_wait_nanoseconds"].Metric[0].Histogram
	if n := uint64(rt.Workers()); classic.GetSampleCount() != n || native.GetSampleCount() != n || len(native.PositiveSpan) == 0 {
		t.Errorf("have %v and %v", classic, native)
	}
	if s, ns := classic.GetSampleSum(), native.GetSampleSum(); s <= 0 || ns < s*1e9*0.999 || ns > s*1e9*1.001 {
		t.Errorf("the sums are %v s and %v ns", s, ns)
	}
}

// Runtimes that come and go have a collector each.
func TestCollectorsOfDifferentRuntimesShareARegistry(t *testing.T) {
	a, b := startRuntime(t, executor.Options{Name: "a"}), startRuntime(t, executor.Options{Name: "b"})
	registry := prom.NewPedanticRegistry()
	ca := prometheus.NewCollector(prometheus.Options{}, metrics.New(a, metrics.Options{}))
	cb := prometheus.NewCollector(prometheus.Options{}, metrics.New(b, metrics.Options{}))
	registry.MustRegister(ca, cb)
	if err := registry.Register(prometheus.NewCollector(prometheus.Options{}, metrics.New(b, metrics.Options{}))); err == nil {
		t.Error("a second collector of one name was registered")
	}
	if n := len(gathered(t, registry)["moduvex_tasks_live"].Metric); n != 2 {
		t.Errorf("have %d runtimes, want 2", n)
	}
	if !registry.Unregister(ca) {
		t.Error("the collector was not registered")
	}
	if live := gathered(t, registry)["moduvex_tasks_live"].Metric; len(live) != 1 || live[0].Label[0].GetValue() != "b" {
		t.Errorf("have %v, want that of b", live)
	}
}

func TestACollectorOfANilOrOfTwoEqualVarsPanics(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	v := metrics.New(rt, metrics.Options{Name: "same"})
	for want, vars := range map[string][]*metrics.Var{
		"prometheus: NewCollector with a nil Var":                                                              {v, nil},
		`prometheus: NewCollector with two runtimes of the name "same": metrics.Options.Name tells them apart`: {v, v},
	} {
		func() {
			defer func() {
				if have := recover(); have != want {
					t.Errorf("have %v, want %s", have, want)
				}
			}()
			prometheus.NewCollector(prometheus.Options{}, vars...)
		}()
	}
}
