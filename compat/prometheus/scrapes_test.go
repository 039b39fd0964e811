package prometheus_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"

	prom "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"

	"github.com/moduvex/moduvex-go/compat/metrics"
	"github.com/moduvex/moduvex-go/compat/prometheus"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

// Several scrapers read a registry in which runtimes begin, work, end and are replaced by others of the same name. Within the life
// of one, which its time of creation tells, no counter falls, and each histogram counts what its buckets do.
func TestScrapesWhileRuntimesComeAndGo(t *testing.T) {
	registry := prom.NewPedanticRegistry()
	stop := make(chan struct{})
	var scrapers, owners sync.WaitGroup
	for range 3 {
		scrapers.Go(func() {
			for last := map[string]float64{}; ; {
				checkScrape(t, registry, last)
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	for i, name := range []string{"a", "b"} {
		owners.Go(func() {
			for range 8 {
				rt := startRuntime(t, executor.Options{Name: name, Instrument: true})
				c := prometheus.NewCollector(prometheus.Options{Native: true}, metrics.New(rt, metrics.Options{Totals: i == 0}))
				registry.MustRegister(c)
				burst(rt)
				if !registry.Unregister(c) {
					t.Errorf("%s was not registered", name)
				}
			}
		})
	}
	owners.Wait()
	close(stop)
	scrapers.Wait()
}

// burst closes rt while goroutines spawn from outside, and returns when the spawns are refused.
func burst(rt *executor.Runtime) {
	var spawners sync.WaitGroup
	for range 2 {
		spawners.Go(func() {
			for {
				h := executor.Do(rt, func(co *coro.Co) error {
					_, err := executor.Blocking(co, func() (int, error) { return 0, nil })
					return err
				})
				if _, err := h.Wait(context.Background()); err != nil {
					return
				}
			}
		})
	}
	runtime.Gosched()
	_ = rt.Close()
	spawners.Wait()
}

func checkScrape(t *testing.T, registry *prom.Registry, last map[string]float64) {
	families, err := registry.Gather()
	if err != nil {
		t.Error(err)
	}
	rises := func(key string, value float64) {
		if value < last[key] {
			t.Errorf("%s falls from %v to %v", key, last[key], value)
		}
		last[key] = value
	}
	for _, f := range families {
		for _, m := range f.Metric {
			key := fmt.Sprint(f.GetName(), m.Label)
			if c := m.Counter; c != nil {
				rises(key+c.CreatedTimestamp.String(), c.GetValue())
			}
			if h := m.Histogram; h != nil {
				key += h.CreatedTimestamp.String()
				rises(key, float64(h.GetSampleCount()))
				rises(key+"sum", h.GetSampleSum())
				if n := buckets(h); n > h.GetSampleCount() || h.Schema != nil && n != h.GetSampleCount() {
					t.Errorf("%s counts %d, and its buckets %d", key, h.GetSampleCount(), n)
				}
			}
		}
	}
}

// buckets returns how many samples the buckets have that have an end.
func buckets(h *dto.Histogram) (n uint64) {
	if h.Schema == nil {
		return h.Bucket[len(h.Bucket)-1].GetCumulativeCount()
	}
	for _, count := range unpacked(h) {
		n += uint64(count)
	}
	return n + h.GetZeroCount()
}

// A handler of a program may run as a task of the runtime that it reports: nothing in a scrape waits for a worker.
func TestATaskScrapesItsOwnRuntime(t *testing.T) {
	rt := startRuntime(t, executor.Options{Name: "own", LongPollThreshold: -1})
	registry := prom.NewPedanticRegistry()
	registry.MustRegister(prometheus.NewCollector(prometheus.Options{Native: true}, metrics.New(rt, metrics.Options{})))
	handler := promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorHandling: promhttp.HTTPErrorOnError})
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
	defer cancel()
	for i, h := range executor.GoEach(rt, func(co *coro.Co, _ int) (string, error) {
		text := ""
		for range 5 {
			answer := httptest.NewRecorder()
			handler.ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
			text = answer.Body.String()
			if err := co.Yield(); err != nil {
				return "", err
			}
		}
		return text, nil
	}) {
		text, err := h.Wait(ctx)
		if want := fmt.Sprintf(`moduvex_worker_polls_total{runtime="own",worker="%d"}`, i); err != nil || !strings.Contains(text, want) {
			t.Errorf("have %v: %s", err, text)
		}
	}
}

// What has ended is published with its last numbers until it is unregistered.
func TestARuntimeThatHasEndedIsPublished(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	registry := prom.NewPedanticRegistry()
	registry.MustRegister(prometheus.NewCollector(prometheus.Options{}, metrics.New(rt, metrics.Options{Totals: true})))
	m := work(t, rt)
	if err := rt.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	all := gathered(t, registry)
	for name, want := range map[string]float64{
		"moduvex_tasks_spawned_total": float64(m.Spawned), "moduvex_tasks_completed_total": float64(m.Completed),
		"moduvex_worker_registrations": 0,
	} {
		if have := labelled(t, all[name], "runtime=moduvex worker= "); have != want {
			t.Errorf("%s is %v, want %v", name, have, want)
		}
	}
}
