package prometheus_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	prom "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// tool returns the path of a program of Debian's package prometheus. Where it is missing, the test is skipped, but fails
// under continuous integration.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
		return path
	case os.Getenv("CI") == "true" && runtime.GOOS == "linux":
		t.Fatalf("%s is missing: apt-get install prometheus", name)
	default:
		t.Skipf("%s is missing: apt-get install prometheus", name)
	}
	return ""
}

// A target is an HTTP server with the metrics of a registry.
type target struct {
	*httptest.Server
	mu     sync.Mutex
	format string // of the last answer
}

func serve(t *testing.T, registry *prom.Registry) *target {
	handler := promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true, ErrorHandling: promhttp.HTTPErrorOnError})
	s := &target{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.format = w.Header().Get("Content-Type")
	}))
	t.Cleanup(s.Close)
	return s
}

// lastFormat returns the media type of the last answer.
func (s *target) lastFormat() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	format, _, _ := strings.Cut(s.format, ";")
	return format
}

// A server is a Prometheus that scrapes a target all the time.
type server struct {
	t    *testing.T
	base string
	http http.Client
	time string // of the queries, or "" for now
}

const configuration = `
global:
  scrape_interval: 100ms
  scrape_timeout: 100ms
scrape_configs:
  - job_name: test
    static_configs:
      - targets: [%q]
`

// scrape starts a Prometheus, which the end of the test ends.
func scrape(t *testing.T, from *target, flags ...string) *server {
	t.Helper()
	program := tool(t, "prometheus")
	dir := t.TempDir()
	config := filepath.Join(dir, "prometheus.yml")
	address := strings.TrimPrefix(from.URL, "http://")
	if err := os.WriteFile(config, fmt.Appendf(nil, configuration, address), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, append([]string{"--config.file=" + config, "--storage.tsdb.path=" + filepath.Join(dir, "data"),
		"--web.listen-address=127.0.0.1:0"}, flags...)...)
	output, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	listens := make(chan string, 1)
	var log strings.Builder
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(output); lines.Scan(); {
			log.WriteString(lines.Text() + "\n")
			if _, address, ok := strings.Cut(lines.Text(), `msg="Listening on" address=`); ok {
				listens <- address
			}
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-ended
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	s := &server{t: t, http: http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: testTimeout}}
	select {
	case address := <-listens:
		s.base = "http://" + address
	case <-ended:
		t.Fatal("prometheus has ended")
	case <-time.After(testTimeout):
		t.Fatal("prometheus does not listen")
	}
	return s
}

// A point is a value of a time series.
type point struct {
	at    float64 // seconds
	value float64
}

func (p *point) UnmarshalJSON(text []byte) error {
	var value string
	if err := json.Unmarshal(text, &[]any{&p.at, &value}); err != nil {
		return err
	}
	v, err := strconv.ParseFloat(value, 64)
	p.value = v
	return err
}

// A series is an element of the result of a query.
type series struct {
	Metric map[string]string
	Value  point
	Values []point
}

// query evaluates an expression.
func (s *server) query(expression string) []series {
	s.t.Helper()
	response, err := s.http.Get(s.base + "/api/v1/query?query=" + url.QueryEscape(expression) + "&time=" + s.time)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if response.StatusCode == http.StatusServiceUnavailable { // it begins
		return nil
	}
	var answer struct {
		Status string
		Data   struct{ Result []series }
	}
	if err := json.Unmarshal(text, &answer); err != nil || answer.Status != "success" {
		s.t.Fatalf("%s: %v: %s", expression, err, text)
	}
	return answer.Data.Result
}

// number evaluates an expression whose result is one number.
func (s *server) number(expression string) float64 {
	s.t.Helper()
	result := s.query(expression)
	if len(result) != 1 {
		s.t.Fatalf("%s: have %v", expression, result)
	}
	return result[0].Value.value
}

// until waits until an expression is this number. Later queries are for that time: a scrape that fails on a busy machine
// makes all time series stale until the next one.
func (s *server) until(expression string, want float64) {
	s.t.Helper()
	s.time = ""
	var result []series
	for end := time.Now().Add(testTimeout); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if result = s.query(expression); len(result) == 1 && result[0].Value.value == want {
			s.time = strconv.FormatFloat(result[0].Value.at, 'f', 3, 64)
			return
		}
	}
	s.t.Fatalf("%s: have %v, want %v", expression, result, want)
}

func number(n uint64) string { return strconv.FormatUint(n, 10) }
