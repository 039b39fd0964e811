package prometheus_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	prom "github.com/prometheus/client_golang/prometheus"

	"github.com/moduvex/moduvex-go/compat/metrics"
	"github.com/moduvex/moduvex-go/compat/prometheus"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
)

// hardNames are names of runtimes that are hard to write in one format or another, and what they become.
var hardNames = map[string]string{
	"":                      "moduvex",
	" ":                     " ",
	`a "b" \ 'c'`:           `a "b" \ 'c'`,
	"a\nb\tc\x00\x7f":       "a\nb\tc\x00\x7f",
	"{a=\"b\"} <&>\u2028é世": "{a=\"b\"} <&>\u2028é世",
	`\n"} 1`:                `\n"} 1`,
	"a\xffb":                "a_b",
}

// hardRegistry has a runtime of each of the names.
func hardRegistry(t *testing.T, opts prometheus.Options) *prom.Registry {
	t.Helper()
	registry := prom.NewPedanticRegistry()
	for name := range hardNames {
		v := metrics.New(startRuntime(t, executor.Options{Name: name}), metrics.Options{Totals: name == " "})
		if err := registry.Register(prometheus.NewCollector(opts, v)); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	return registry
}

// Names survive each format on their way into a real Prometheus.
func TestNamesSurvive(t *testing.T) {
	if !modetest.First() {
		return
	}
	for name, flags := range map[string][]string{"text": nil, "protobuf": {"--enable-feature=native-histograms"}} {
		t.Run(name, func(t *testing.T) {
			s := scrape(t, serve(t, hardRegistry(t, prometheus.Options{Native: true})), flags...)
			s.until("count(moduvex_tasks_live)", float64(len(hardNames)))
			for _, shown := range hardNames {
				if n := s.number("count(moduvex_tasks_live{runtime=" + strconv.Quote(shown) + "})"); n != 1 {
					t.Errorf("%q: have %v", shown, n)
				}
			}
		})
	}
}

func TestPromtoolReadsAnyName(t *testing.T) {
	if !modetest.First() {
		return
	}
	program := tool(t, "promtool")
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get(serve(t, hardRegistry(t, prometheus.Options{})).URL)
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
	if output, err := cmd.CombinedOutput(); err != nil || len(output) != 0 {
		t.Errorf("have %v: %s", err, output)
	}
}

// Two runtimes without a name have the same one.
func TestARegistryRefusesASecondRuntimeOfAName(t *testing.T) {
	registry := prom.NewPedanticRegistry()
	first := prometheus.NewCollector(prometheus.Options{}, metrics.New(startRuntime(t, executor.Options{}), metrics.Options{}))
	registry.MustRegister(first)
	for _, second := range []*prometheus.Collector{
		prometheus.NewCollector(prometheus.Options{}, metrics.New(startRuntime(t, executor.Options{}), metrics.Options{})),
		prometheus.NewCollector(prometheus.Options{}, metrics.New(startRuntime(t, executor.Options{}), metrics.Options{Totals: true})),
		prometheus.NewCollector(prometheus.Options{}, metrics.New(startRuntime(t, executor.Options{Name: "x"}), metrics.Options{Name: "moduvex"})),
	} {
		var taken prom.AlreadyRegisteredError
		if err := registry.Register(second); !errors.As(err, &taken) || taken.ExistingCollector != first {
			t.Errorf("have %v", err)
		}
	}
	native := prometheus.NewCollector(prometheus.Options{Native: true}, metrics.New(startRuntime(t, executor.Options{}), metrics.Options{}))
	if err := registry.Register(native); err == nil || !strings.Contains(err.Error(), "moduvex") {
		t.Errorf("with native histograms: have %v", err)
	}
	names := func() (names []string) {
		for _, m := range gathered(t, registry)["moduvex_tasks_live"].GetMetric() {
			names = append(names, m.Label[0].GetValue())
		}
		return names
	}
	if have := names(); !slices.Equal(have, []string{"moduvex"}) {
		t.Errorf("have %q", have)
	}
	registry.Unregister(first)
	registry.MustRegister(native)
	if have := names(); !slices.Equal(have, []string{"moduvex"}) {
		t.Errorf("after the first has left: have %q", have)
	}
}
