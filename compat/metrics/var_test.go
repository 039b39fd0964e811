package metrics_test

import (
	"context"
	"encoding/json"
	"expvar"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/metrics"
	"github.com/moduvex/moduvex-go/compat/metrics/metricstest"
	"github.com/moduvex/moduvex-go/core/coro"
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

// work runs tasks on each worker, and returns the totals when they stand still.
func work(t *testing.T, rt *executor.Runtime) executor.Stats {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
	defer cancel()
	m, err := metricstest.Work(ctx, rt)
	if err != nil {
		t.Fatal(err)
	}
	return m.Stats
}

func TestSamplesAreThoseOfTheRuntime(t *testing.T) {
	rt := startRuntime(t, executor.Options{Name: "db", Instrument: true})
	stats := work(t, rt)
	m := rt.Metrics()
	each, total := metrics.New(rt, metrics.Options{}), metrics.New(rt, metrics.Options{Name: "other", Totals: true})
	polls, histograms := uint64(0), uint64(0)
	for s := range each.Snapshot().Samples() {
		if s.Runtime != "db" || (s.Worker != "") != s.PerWorker {
			t.Errorf("%s is of %q, %q", s.Name(), s.Runtime, s.Worker)
		}
		switch s.Dotted {
		case "moduvex.worker.polls":
			polls += s.Value
		case "moduvex.worker.poll_time":
			histograms += s.Histogram.Count()
		}
	}
	if polls != stats.Polls || histograms != stats.Polls {
		t.Errorf("have %d polls, %d timed, want %d", polls, histograms, stats.Polls)
	}
	snapshot := total.Snapshot()
	if !snapshot.Since.Equal(m.Since) {
		t.Errorf("since %v, want %v", snapshot.Since, m.Since)
	}
	seen := 0
	for s := range snapshot.Samples() {
		seen++
		want := uint64(0)
		switch s.Dotted {
		case "moduvex.worker.polls":
			want = stats.Polls
		case "moduvex.tasks.spawned":
			want = stats.Spawned
		case "moduvex.blocking.finished":
			want = uint64(rt.Workers())
		case "moduvex.worker.poll_time":
			if n := s.Histogram.Count(); n != stats.Polls {
				t.Errorf("%d polls are timed, want %d", n, stats.Polls)
			}
			continue
		default:
			continue
		}
		if s.Value != want || s.Worker != "" || s.Runtime != "other" {
			t.Errorf("%s is %d of %q %q, want %d", s.Name(), s.Value, s.Runtime, s.Worker, want)
		}
	}
	if seen != len(metrics.Descs()) {
		t.Errorf("have %d samples, want one for each metric", seen)
	}
}

func TestTheLoopOverSamplesMayEndEarly(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	for stop := range 4 {
		n := 0
		for range metrics.New(rt, metrics.Options{}).Snapshot().Samples() {
			if n++; n > stop {
				break
			}
		}
		if n != stop+1 {
			t.Errorf("have %d samples, want %d", n, stop+1)
		}
	}
}

func TestStringIsJSON(t *testing.T) {
	rt := startRuntime(t, executor.Options{Instrument: true})
	stats := work(t, rt)
	type worker struct {
		Polls    uint64 `json:"moduvex_worker_polls_total"`
		PollTime struct {
			Count    uint64
			Sum      float64
			P50, Max float64
			Buckets  [][2]float64
		} `json:"moduvex_worker_poll_time_seconds"`
	}
	var have struct {
		Runtime  string
		Since    time.Time
		Finished uint64 `json:"moduvex_blocking_finished_total"`
		Workers  map[string]worker
	}
	text := metrics.New(rt, metrics.Options{Name: `a "name"`}).String()
	if err := json.Unmarshal([]byte(text), &have); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if have.Runtime != `a "name"` || have.Since.IsZero() || have.Finished != uint64(rt.Workers()) || len(have.Workers) != rt.Workers() {
		t.Errorf("have %s", text)
	}
	polls := uint64(0)
	for i, w := range rt.Metrics().Workers {
		h := have.Workers[fmt.Sprint(i)].PollTime
		polls += have.Workers[fmt.Sprint(i)].Polls
		half, _ := w.PollTime.Quantile(0.5)
		inBuckets := 0.0
		for _, b := range h.Buckets {
			inBuckets += b[1]
		}
		if h.Count != w.PollTime.Count() || h.P50 != half.Seconds() || h.Sum != w.PollTime.Sum.Seconds() || inBuckets != float64(h.Count) || h.Max < h.P50 {
			t.Errorf("worker %d has %+v, want %v", i, h, w.PollTime)
		}
	}
	if polls != stats.Polls {
		t.Errorf("have %d polls, want %d", polls, stats.Polls)
	}
}

func TestAVarOutlivesItsRuntime(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	v := metrics.New(rt, metrics.Options{Totals: true})
	stats := work(t, rt)
	if err := rt.Close(); err != nil {
		t.Fatal(err)
	}
	for s := range v.Snapshot().Samples() {
		if s.Dotted == "moduvex.tasks.completed" && s.Value != stats.Completed {
			t.Errorf("have %d, want %d", s.Value, stats.Completed)
		}
	}
}

// Snapshots are taken while tasks run, while spawns are refused, while the runtime ends, and after that.
func TestCountersNeverFall(t *testing.T) {
	for range 20 {
		rt := startRuntime(t, executor.Options{Instrument: true})
		stop := make(chan struct{})
		var readers, spawners sync.WaitGroup
		for _, opts := range []metrics.Options{{}, {Totals: true}} {
			v := metrics.New(rt, opts)
			readers.Go(func() {
				for last := map[string]uint64{}; ; {
					checkRising(t, v, last)
					select {
					case <-stop:
						return
					default:
					}
				}
			})
		}
		for range 2 {
			spawners.Go(func() {
				for {
					h := executor.Go(rt, func(co *coro.Co) (int, error) {
						return executor.Blocking(co, func() (int, error) { return 0, nil })
					})
					if _, err := h.Wait(context.Background()); err != nil {
						return
					}
				}
			})
		}
		runtime.Gosched()
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
		spawners.Wait()
		close(stop)
		readers.Wait()
	}
}

// checkRising compares counters and histograms with those of the call before.
func checkRising(t *testing.T, v *metrics.Var, last map[string]uint64) {
	for s := range v.Snapshot().Samples() {
		key, value := s.Name()+s.Worker, s.Value
		switch s.Kind {
		case metrics.Gauge:
			if value > 1<<32 {
				t.Errorf("%s is %d", key, value)
			}
			continue
		case metrics.Histogram:
			value = s.Histogram.Count()
			sum := uint64(s.Histogram.Sum)
			if sum < last["sum of "+key] {
				t.Errorf("the sum of %s falls from %d to %d", key, last["sum of "+key], sum)
			}
			last["sum of "+key] = sum
		}
		if value < last[key] {
			t.Errorf("%s falls from %d to %d", key, last[key], value)
		}
		last[key] = value
	}
}

// A handler of a program may run as a task of the runtime that it reports.
func TestATaskReadsItsOwnRuntime(t *testing.T) {
	rt := startRuntime(t, executor.Options{Name: "own", LongPollThreshold: -1})
	v := metrics.New(rt, metrics.Options{})
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
	defer cancel()
	for _, h := range executor.GoEach(rt, func(co *coro.Co, worker int) (string, error) {
		text := ""
		for range 100 {
			text = v.String()
			if err := co.Yield(); err != nil {
				return "", err
			}
		}
		return text, nil
	}) {
		if text, err := h.Wait(ctx); err != nil || !json.Valid([]byte(text)) {
			t.Errorf("have %v: %s", err, text)
		}
	}
}

// hardNames are hard to write in one format or another.
var hardNames = map[string]string{
	"":                      "moduvex",
	" ":                     " ",
	`a "b" \ 'c'`:           `a "b" \ 'c'`,
	"a\nb\tc\x00\x7f":       "a\nb\tc\x00\x7f",
	"{a=\"b\"} <&>\u2028é世": "{a=\"b\"} <&>\u2028é世",
	"a\xffb":                "a_b",
	"\xc3":                  "_",
}

// The whole of /debug/vars has to be JSON, whatever the names are.
func TestVarsOfAnyNameAreJSON(t *testing.T) {
	for name, shown := range hardNames {
		for _, v := range []*metrics.Var{
			metrics.New(startRuntime(t, executor.Options{Name: name}), metrics.Options{}),
			metrics.New(startRuntime(t, executor.Options{Name: "other"}), metrics.Options{Name: name}),
		} {
			if name == "" && v.Name() == "other" {
				continue
			}
			if v.Name() != shown {
				t.Errorf("%q becomes %q", name, v.Name())
			}
			runtimes.Set(v.Name(), v)
			answer := httptest.NewRecorder()
			expvar.Handler().ServeHTTP(answer, httptest.NewRequest("GET", "/debug/vars", nil))
			var have struct {
				Runtimes map[string]struct{ Runtime string }
			}
			if err := json.Unmarshal(answer.Body.Bytes(), &have); err != nil || len(have.Runtimes) != 1 || have.Runtimes[shown].Runtime != shown {
				t.Errorf("%q: have %v, %v", name, have, err)
			}
			runtimes.Delete(v.Name())
		}
	}
}

func TestANilRuntimePanics(t *testing.T) {
	defer func() {
		if v := recover(); v != "metrics: New of a nil Runtime" {
			t.Errorf("have %v", v)
		}
	}()
	metrics.New(nil, metrics.Options{})
}

// A duration is counted in the octave whose bounds are around it: also at each bound, just below and just above.
func TestOctavesMoveNoDurationOverABound(t *testing.T) {
	if !modetest.First() {
		return
	}
	durations := []time.Duration{0, 1, 2, 3}
	for k := 2; k < 50; k++ {
		for d := range time.Duration(3) {
			durations = append(durations, 1<<k-1+d, 1<<k+1<<(k-2)-1+d)
		}
		durations = append(durations, time.Duration(rand.Int64N(1<<k)))
	}
	for _, d := range durations {
		var h executor.Histogram
		bucket := 0
		for bucket < executor.HistogramBuckets-1 && d >= executor.HistogramBound(bucket) {
			bucket++
		}
		h.Counts[bucket] = 7
		octaves := metrics.Octaves(&h)
		k := 0
		for k < metrics.OctaveCount-1 && d > metrics.OctaveEnd(k) {
			k++
		}
		if octaves[k] != 7 {
			t.Errorf("%d ns is not in octave %d: %v", d, k, octaves)
		}
	}
}
