package otel_test

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/moduvex/moduvex-go/compat/metrics"
	"github.com/moduvex/moduvex-go/compat/otel"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

// A program gives the producer to its reader. The one here collects on demand; most have a periodic one, with an exporter.
func ExampleNewProducer() {
	ctx := context.Background()
	rt, err := executor.New(executor.Options{Workers: 2, Name: "db"})
	if err != nil {
		fmt.Println(err)
		return
	}
	producer := otel.NewProducer(otel.Options{}, metrics.New(rt, metrics.Options{Totals: true}))
	reader := sdk.NewManualReader(sdk.WithProducer(producer))
	provider := sdk.NewMeterProvider(sdk.WithReader(reader))
	defer provider.Shutdown(ctx)

	for range 3 {
		executor.Do(rt, func(*coro.Co) error { return nil })
	}
	if err := rt.Shutdown(ctx); err != nil { // waits for the tasks
		fmt.Println(err)
	}
	var all metricdata.ResourceMetrics
	if err := reader.Collect(ctx, &all); err != nil {
		fmt.Println(err)
	}
	for _, m := range all.ScopeMetrics[0].Metrics {
		if m.Name == "moduvex.tasks.completed" {
			p := m.Data.(metricdata.Sum[int64]).DataPoints[0]
			fmt.Println(m.Name, m.Unit, p.Attributes.Encoded(attribute.DefaultEncoder()), p.Value)
		}
	}
	// Output: moduvex.tasks.completed {task} runtime=db 3
}

// Runtimes come and go, while the reader has its producer from the beginning.
func ExampleProducer_Add() {
	producer := otel.NewProducer(otel.Options{})
	reader := sdk.NewManualReader(sdk.WithProducer(producer))
	provider := sdk.NewMeterProvider(sdk.WithReader(reader))
	defer provider.Shutdown(context.Background())
	rt, err := executor.New(executor.Options{Name: "db"})
	if err != nil {
		fmt.Println(err)
		return
	}
	v := metrics.New(rt, metrics.Options{})
	fmt.Println(producer.Add(v))
	fmt.Println(producer.Add(metrics.New(rt, metrics.Options{Name: "db"})))

	if err := rt.Shutdown(context.Background()); err != nil {
		fmt.Println(err)
	}
	var last metricdata.ResourceMetrics // before the numbers are gone
	if err := reader.Collect(context.Background(), &last); err != nil {
		fmt.Println(err)
	}
	fmt.Println(producer.Remove(v))
	// Output:
	// <nil>
	// otel: two runtimes have one name: metrics.Options.Name tells them apart: "db"
	// true
}
