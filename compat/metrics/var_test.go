package metrics_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/metrics"
	"github.com/moduvex/moduvex-go/compat/metrics/metricstest"
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

func TestSnapshotsWhileWorkersRun(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	v := metrics.New(rt, metrics.Options{})
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			last := map[string]uint64{}
			for {
				select {
				case <-stop:
					return
				default:
				}
				for s := range v.Snapshot().Samples() {
					if key := s.Name() + s.Worker; s.Kind == metrics.Counter {
						if s.Value < last[key] {
							t.Errorf("%s went back from %d to %d", key, last[key], s.Value)
						}
						last[key] = s.Value
					}
				}
			}
		})
	}
	work(t, rt)
	close(stop)
	readers.Wait()
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
