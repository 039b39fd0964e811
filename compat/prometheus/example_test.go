package prometheus_test

import (
	"context"
	"fmt"
	"io"
	"net/http/httptest"
	"strings"

	prom "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/moduvex/moduvex-go/compat/metrics"
	"github.com/moduvex/moduvex-go/compat/prometheus"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

// A program registers the collector once, and serves its registry.
func ExampleNewCollector() {
	rt, err := executor.New(executor.Options{Workers: 2, Name: "db"})
	if err != nil {
		fmt.Println(err)
		return
	}
	registry := prom.NewRegistry()
	registry.MustRegister(prometheus.NewCollector(prometheus.Options{}, metrics.New(rt, metrics.Options{Totals: true})))
	for range 3 {
		executor.Do(rt, func(*coro.Co) error { return nil })
	}
	if err := rt.Shutdown(context.Background()); err != nil { // waits for the tasks
		fmt.Println(err)
	}

	served := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(served, httptest.NewRequest("GET", "/metrics", nil))
	text, _ := io.ReadAll(served.Body)
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, "moduvex_tasks_completed_total") {
			fmt.Print(line)
		}
	}
	// Output:
	// # HELP moduvex_tasks_completed_total Tasks that ended by themselves, those that panicked included.
	// # TYPE moduvex_tasks_completed_total counter
	// moduvex_tasks_completed_total{runtime="db",worker=""} 3
}
