package web

import (
	"context"
	"time"

	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
)

// WrkReport is a report of wrk for tests.
type WrkReport struct {
	Requests       int
	Took, P50, P99 time.Duration
	CPU            time.Duration
}

func export(r wrkReport, err error) (WrkReport, error) {
	return WrkReport{r.requests, r.took, r.p50, r.p99, r.cpu}, err
}

func ParseWrk(text string) (WrkReport, error) { return export(parseWrk(text)) }

func RunWrk(ctx context.Context, path, url string, conns int) (WrkReport, error) {
	return export(runWrk(ctx, path, nil, url, conns, 1, 1))
}

// SampleOf is the sample of a server that took cpu[0] for served[0] requests in a second, and its twin the others.
func SampleOf(cpu [2]time.Duration, served [2]int, p99 [2][]time.Duration) spec.Sample {
	var ts []tally
	for i := range cpu {
		ts = append(ts, tally{requests: served[i], served: served[i], cpu: cpu[i], took: time.Second, p50: p99[i], p99: p99[i]})
	}
	return sample(ts)
}

var (
	Quantile   = quantile
	ClientAddr = clientAddr
)

// Body is what the handler replies with.
const Body = body
