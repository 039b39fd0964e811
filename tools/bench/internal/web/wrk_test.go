package web_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
	"github.com/moduvex/moduvex-go/tools/bench/internal/web"
)

// wrkOutput is what wrk 4.1.0 prints.
const wrkOutput = `Running 1s test @ http://127.0.0.1:18099/
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   795.50us    0.98ms   9.22ms   89.82%
    Req/Sec   104.58k     6.15k  117.27k    70.00%
  Latency Distribution
     50%  495.00us
     75%  801.00us
     90%    1.81ms
     99%    4.90ms
  103842 requests in 1.02s, 12.08MB read
Requests/sec: 103758.16
Transfer/sec:     12.07MB
`

func TestOutputOfWrkIsRead(t *testing.T) {
	have, err := web.ParseWrk(wrkOutput)
	want := web.WrkReport{Requests: 103842, Took: 1020 * time.Millisecond, P50: 495 * time.Microsecond, P99: 4900 * time.Microsecond}
	if d := cmp.Diff(want, have); d != "" || err != nil {
		t.Error(err, d)
	}
	minutes := strings.NewReplacer("in 1.02s", "in 1.50m", "4.90ms", "1.25s").Replace(wrkOutput)
	if have, err := web.ParseWrk(minutes); err != nil || have.Took != 90*time.Second || have.P99 != 1250*time.Millisecond {
		t.Errorf("%+v, %v", have, err)
	}
	for name, tc := range map[string]struct{ old, new, want string }{
		"failures":       {"Requests/sec:", "  Non-2xx or 3xx responses: 7\nRequests/sec:", "responses: 7"},
		"socket errors":  {"Requests/sec:", "  Socket errors: connect 0, read 3, write 0, timeout 0\nRequests/sec:", "read 3"},
		"no latencies":   {"     99%    4.90ms\n", "", "not what it prints"},
		"no count":       {"103842 requests", "requests", "not what it prints"},
		"nothing":        {wrkOutput, "", "not what it prints"},
		"a strange time": {"495.00us", "495.00", "missing unit"},
	} {
		if _, err := web.ParseWrk(strings.Replace(wrkOutput, tc.old, tc.new, 1)); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// wrk is the path of wrk; where it is missing the test is skipped, but not under CI=true on Linux.
func wrk(t *testing.T) string {
	t.Helper()
	path, err := web.Wrk()
	if err != nil && (os.Getenv("CI") != "true" || runtime.GOOS != "linux") {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWrkCountsWhatTheServerServes(t *testing.T) {
	const conns = 20
	path := wrk(t)
	var n atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.Add(1)
		if r.URL.Path == "/bad" {
			w.WriteHeader(http.StatusTeapot)
		}
		io.WriteString(w, web.Body)
	}))
	defer s.Close()
	r, err := web.RunWrk(t.Context(), path, s.URL+"/", conns)
	if err != nil {
		t.Fatal(err)
	}
	if served := int(n.Load()); r.Requests > served || r.Requests < served-conns {
		t.Errorf("wrk counts %d requests, and the server %d", r.Requests, served)
	}
	if r.Took < time.Second || r.P50 <= 0 || r.P99 < r.P50 || r.CPU <= 0 {
		t.Errorf("%+v", r)
	}
	if _, err := web.RunWrk(t.Context(), path, s.URL+"/bad", conns); err == nil || !strings.Contains(err.Error(), "Non-2xx") {
		t.Errorf("teapots: %v", err)
	}
	s.Close()
	if _, err := web.RunWrk(t.Context(), path, s.URL+"/", conns); err == nil || !strings.Contains(err.Error(), "unable to connect") {
		t.Errorf("no server: %v", err)
	}
}

func TestMissingWrkIsNamedWithItsPackage(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := web.Wrk(); !errors.Is(err, web.ErrNoWrk) || !strings.Contains(err.Error(), "Debian package wrk") {
		t.Error(err)
	}
}

func TestRatiosOfSlicesAreThoseOfTheServerToItsTwin(t *testing.T) {
	ms := func(ds ...time.Duration) (out []time.Duration) {
		for _, d := range ds {
			out = append(out, d*time.Millisecond)
		}
		return out
	}
	s := web.SampleOf([2]time.Duration{100 * time.Millisecond, 400 * time.Millisecond}, [2]int{10_000, 20_000},
		[2][]time.Duration{ms(9, 1, 3), ms(6, 5, 20)})
	want := map[string]float64{
		spec.CPUNs: 10_000, spec.CPUNs + spec.Paired: 0.5, spec.Rate: 10_000, spec.Rate + spec.Paired: 0.5,
		spec.P99Us: 3000, spec.P99Us + spec.Paired: 0.5, spec.ServerBusy: 10,
	}
	for metric, v := range want {
		if s[metric] != v {
			t.Errorf("%s is %v, not %v", metric, s[metric], v)
		}
	}
}

func TestQuantilesAreValuesThatThereAre(t *testing.T) {
	var ds []time.Duration
	for i := range 200 {
		ds = append(ds, time.Duration(i))
	}
	for q, want := range map[float64]time.Duration{0: 0, 0.5: 100, 0.99: 198, 1: 199} {
		if have := web.Quantile(ds, q); have != want {
			t.Errorf("%v: %v, not %v", q, have, want)
		}
	}
}
