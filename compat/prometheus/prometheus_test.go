package prometheus_test

import (
	"bytes"
	"io"
	"math"
	"math/bits"
	"net/http"
	"os/exec"
	"testing"

	prom "github.com/prometheus/client_golang/prometheus"

	"github.com/moduvex/moduvex-go/compat/metrics"
	"github.com/moduvex/moduvex-go/compat/prometheus"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
)

// A real Prometheus scrapes a runtime that works, in each format, and its answers are those of the executor.
func TestPrometheusAgreesWithTheExecutor(t *testing.T) {
	if !modetest.First() {
		return
	}
	for _, test := range []struct {
		name, format string
		native       bool
		flags        []string
	}{
		{name: "text", format: "application/openmetrics-text"},
		{name: "protobuf", format: "application/vnd.google.protobuf", native: true, flags: []string{"--enable-feature=native-histograms"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			rt := startRuntime(t, executor.Options{Name: "db", Workers: 2, Instrument: true})
			registry := prom.NewPedanticRegistry()
			registry.MustRegister(prometheus.NewCollector(prometheus.Options{Native: test.native}, metrics.New(rt, metrics.Options{})))
			before := work(t, rt) // the first scrape finds the runtime at rest
			target := serve(t, registry)
			s := scrape(t, target, test.flags...)
			s.until("sum(moduvex_worker_polls_total)", float64(before.Polls))
			s.until("min(count_over_time(moduvex_worker_polls_total[5m])) >= bool 2", 1)
			for range 3 {
				work(t, rt)
			}
			after := work(t, rt)
			// After 20 scrapes, a rate is extrapolated by an eighth at most.
			s.until("sum(moduvex_worker_polls_total) * (min(count_over_time(moduvex_worker_polls_total[5m])) >= bool 20)", float64(after.Polls))
			if have := target.lastFormat(); have != test.format {
				t.Errorf("it scrapes in the format %s, want %s", have, test.format)
			}
			checkCounters(t, s, after)
			checkRates(t, s, before, after)
			checkClassic(t, s, before, after)
			if test.native {
				checkNative(t, s, before, after)
			}
		})
	}
}

func checkCounters(t *testing.T, s *server, m executor.Metrics) {
	polls := total(m)
	for expression, want := range map[string]float64{
		`sum by (runtime) (moduvex_tasks_spawned_total{runtime="db"})`: float64(m.Spawned),
		`sum(moduvex_tasks_completed_total)`:                           float64(m.Completed),
		`moduvex_blocking_finished_total`:                              float64(m.BlockingFinished),
		`moduvex_tasks_live`:                                           0,
		`count(moduvex_worker_parked)`:                                 float64(len(m.Workers)),
		`sum(moduvex_worker_poll_time_seconds_count)`:                  float64(polls.Count()),
		`moduvex_worker_polls_total{worker="0"}`:                       float64(m.Workers[0].Polls),
	} {
		if have := s.number(expression); have != want {
			t.Errorf("%s is %v, want %v", expression, have, want)
		}
	}
	if have, want := s.number(`sum(moduvex_worker_poll_time_seconds_sum)`), polls.Sum.Seconds(); math.Abs(have-want) > 1e-9 {
		t.Errorf("the polls took %v s, want %v", have, want)
	}
}

func checkRates(t *testing.T, s *server, before, after executor.Metrics) {
	polls := float64(after.Polls - before.Polls)
	if have := s.number(`sum(increase(moduvex_worker_polls_total[5m]))`); have < polls*0.99 || have > polls*1.2 {
		t.Errorf("the polls increase by %v, want %v", have, polls)
	}
	h := since(before, after)
	mean, _ := h.Mean()
	have := s.number(`sum(rate(moduvex_worker_poll_time_seconds_sum[5m])) / sum(rate(moduvex_worker_poll_time_seconds_count[5m]))`)
	if want := mean.Seconds(); have < want*0.8 || have > want*1.25 {
		t.Errorf("a poll takes %v s, want %v", have, want)
	}
	for _, series := range s.query(`moduvex_worker_polls_total[5m]`) {
		last := 0.0
		for _, p := range series.Values {
			if p.value < last {
				t.Errorf("a counter goes back from %v to %v", last, p.value)
			}
			last = p.value
		}
	}
}

var quantiles = map[string]float64{"0.1": 0.1, "0.5": 0.5, "0.9": 0.9, "0.99": 0.99, "1": 1}

// An expectation is where a quantile has to be, in nanoseconds.
type expectation struct{ lower, upper float64 }

func (e expectation) met(have float64) bool {
	return have >= e.lower*(1-1e-9) && have <= e.upper*(1+1e-9) // the server computes with rounding
}

// octave returns the powers of two around the executor's quantile.
func octave(h *executor.Histogram, q float64) expectation {
	bound, _ := h.Quantile(q)
	k := bits.Len64(uint64(bound - 1))
	return expectation{math.Ldexp(1, k-1), math.Ldexp(1, k)}
}

// skew is how far a quantile of rates may be from that of the counts: the server extrapolates each time series by another
// factor, that of a bucket which was empty at first by a smaller one.
const skew = 0.05

func rateOctave(h *executor.Histogram, q float64) expectation {
	return expectation{octave(h, q-skew).lower, octave(h, q+skew).upper}
}

// classic moves an expectation to the bounds of the classic buckets, which are one nanosecond less.
func (e expectation) classic() expectation { return expectation{e.lower - 1, e.upper - 1} }

// checkClassic compares the quantiles of all polls, and of those in between.
func checkClassic(t *testing.T, s *server, before, after executor.Metrics) {
	all, last := total(after), since(before, after)
	for text, q := range quantiles {
		want := octave(&all, q).classic()
		if have := s.number(`histogram_quantile(` + text + `, sum by (le) (moduvex_worker_poll_time_seconds_bucket)) * 1e9`); !want.met(have) {
			t.Errorf("the %s quantile is %v ns, want %v", text, have, want)
		}
		want = rateOctave(&last, q).classic()
		if have := s.number(`histogram_quantile(` + text + `, sum by (le) (rate(moduvex_worker_poll_time_seconds_bucket[5m]))) * 1e9`); !want.met(have) {
			t.Errorf("the %s quantile of the rate is %v ns, want %v", text, have, want)
		}
	}
}

func checkNative(t *testing.T, s *server, before, after executor.Metrics) {
	all, last := total(after), since(before, after)
	if have := s.number(`histogram_count(sum(moduvex_worker_poll_time_nanoseconds))`); have != float64(all.Count()) {
		t.Errorf("the native histogram has %v polls, want %d", have, all.Count())
	}
	if have := s.number(`histogram_sum(sum(moduvex_worker_poll_time_nanoseconds))`); have != float64(all.Sum) {
		t.Errorf("the polls took %v ns, want %d", have, all.Sum)
	}
	for text, q := range quantiles {
		want := octave(&all, q)
		if have := s.number(`histogram_quantile(` + text + `, sum(moduvex_worker_poll_time_nanoseconds))`); !want.met(have) {
			t.Errorf("the native %s quantile is %v ns, want %v", text, have, want)
		}
		want = rateOctave(&last, q)
		if have := s.number(`histogram_quantile(` + text + `, sum(rate(moduvex_worker_poll_time_nanoseconds[5m])))`); !want.met(have) {
			t.Errorf("the native %s quantile of the rate is %v ns, want %v", text, have, want)
		}
	}
	// The fraction below a bound of a bucket is exact.
	upTo := uint64(0)
	for k, n := range metrics.Octaves(&all) {
		if upTo += n; k > 0 && k < 30 && n > 0 {
			have := s.number(`histogram_fraction(0, ` + number(uint64(1)<<k) + `, sum(moduvex_worker_poll_time_nanoseconds))`)
			if want := float64(upTo) / float64(all.Count()); math.Abs(have-want) > 1e-9 {
				t.Errorf("%v of the polls are shorter than 2^%d ns, want %v", have, k, want)
			}
		}
	}
}

// total returns the poll times of all workers.
func total(m executor.Metrics) (h executor.Histogram) {
	for i := range m.Workers {
		h.Add(&m.Workers[i].PollTime)
	}
	return h
}

// since returns the poll times between two readings.
func since(before, after executor.Metrics) executor.Histogram {
	h, old := total(after), total(before)
	for i := range h.Counts {
		h.Counts[i] -= old.Counts[i]
	}
	h.Sum -= old.Sum
	return h
}

// promtool knows the conventions for names, types and units.
func TestPromtoolHasNoObjection(t *testing.T) {
	if !modetest.First() {
		return
	}
	check := func(native bool) (string, error) {
		rt := startRuntime(t, executor.Options{})
		work(t, rt)
		registry := prom.NewPedanticRegistry()
		registry.MustRegister(prometheus.NewCollector(prometheus.Options{Native: native}, metrics.New(rt, metrics.Options{})))
		program := tool(t, "promtool")
		client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		response, err := client.Get(serve(t, registry).URL)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(program, "check", "metrics")
		cmd.Stdin = bytes.NewReader(text)
		output, err := cmd.CombinedOutput()
		return string(output), err
	}
	if output, err := check(false); err != nil || output != "" {
		t.Errorf("have %v: %s", err, output)
	}
	if output, err := check(true); err == nil { // the reason for Options.Native
		t.Errorf("it accepts nanoseconds: %s", output)
	}
}
