package otel_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/moduvex/moduvex-go/compat/metrics"
	"github.com/moduvex/moduvex-go/compat/otel"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

// runtimesOf returns the names of the runtimes whose metrics p produces, and how many points a metric without workers has of each.
func runtimesOf(t *testing.T, p *otel.Producer) map[string]int {
	t.Helper()
	scopes, err := p.Produce(context.Background())
	if err != nil {
		t.Error(err)
	}
	names := map[string]int{}
	for _, scope := range scopes {
		if len(scopes) != 1 || len(scope.Metrics) == 0 {
			t.Errorf("have the scopes %v", scopes)
		}
		for _, m := range scope.Metrics {
			if m.Name == "moduvex.tasks.live" {
				for _, point := range m.Data.(metricdata.Sum[int64]).DataPoints {
					name, _ := point.Attributes.Value("runtime")
					names[name.AsString()]++
				}
			}
		}
	}
	return names
}

func TestRuntimesComeAndGo(t *testing.T) {
	p := otel.NewProducer(otel.Options{})
	if names := runtimesOf(t, p); len(names) != 0 {
		t.Errorf("without a runtime it has %v", names)
	}
	first := metrics.New(startRuntime(t, executor.Options{Name: "a"}), metrics.Options{})
	again := metrics.New(startRuntime(t, executor.Options{Name: "a"}), metrics.Options{})
	other := metrics.New(startRuntime(t, executor.Options{Name: "b"}), metrics.Options{})
	for _, v := range []*metrics.Var{first, other} {
		if err := p.Add(v); err != nil {
			t.Error(err)
		}
	}
	if err := p.Add(again); !errors.Is(err, otel.ErrName) {
		t.Errorf("a second runtime of one name: have %v", err)
	}
	if names := runtimesOf(t, p); len(names) != 2 || names["a"] != 1 || names["b"] != 1 {
		t.Errorf("have %v, want a and b", names)
	}
	if p.Remove(again) || !p.Remove(first) || p.Remove(first) {
		t.Error("Remove does not tell what was added")
	}
	if err := p.Add(again); err != nil {
		t.Errorf("the name is free, and Add returns %v", err)
	}
	if names := runtimesOf(t, p); len(names) != 2 || names["a"] != 1 {
		t.Errorf("have %v, want a and b", names)
	}
	defer func() {
		if have := recover(); have != "otel: Add of a nil Var" {
			t.Errorf("have %v", have)
		}
	}()
	_ = p.Add(nil)
}

// Readers collect while runtimes begin, work, end and are removed.
func TestAProducerIsReadWhileRuntimesComeAndGo(t *testing.T) {
	p := otel.NewProducer(otel.Options{Exponential: true})
	stop := make(chan struct{})
	var readers, owners sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				for name, n := range runtimesOf(t, p) {
					if n != 1 {
						t.Errorf("%s is there %d times", name, n)
					}
				}
			}
		})
	}
	for _, name := range []string{"a", "b"} {
		owners.Go(func() {
			for range 10 {
				rt := startRuntime(t, executor.Options{Name: name})
				v := metrics.New(rt, metrics.Options{})
				if err := p.Add(v); err != nil {
					t.Error(err)
				}
				executor.Do(rt, func(co *coro.Co) error { return co.Yield() })
				if err := rt.Shutdown(context.Background()); err != nil {
					t.Error(err)
				}
				if !p.Remove(v) {
					t.Errorf("%s was not there", name)
				}
			}
		})
	}
	owners.Wait()
	close(stop)
	readers.Wait()
	if names := runtimesOf(t, p); len(names) != 0 {
		t.Errorf("at the end it has %v", names)
	}
}

// A task may collect the metrics of its own runtime: nothing there waits for a worker.
func TestATaskCollectsItsOwnRuntime(t *testing.T) {
	rt := startRuntime(t, executor.Options{Name: "own", LongPollThreshold: -1})
	p := otel.NewProducer(otel.Options{}, metrics.New(rt, metrics.Options{}))
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
	defer cancel()
	for _, h := range executor.GoEach(rt, func(co *coro.Co, _ int) (int, error) {
		scopes, err := p.Produce(co)
		if err != nil {
			return 0, err
		}
		return len(scopes[0].Metrics), co.Yield()
	}) {
		if n, err := h.Wait(ctx); err != nil || n != len(metrics.Descs()) {
			t.Errorf("have %d metrics, %v", n, err)
		}
	}
}
