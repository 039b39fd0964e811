package web

import (
	"context"
	"time"
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

var (
	Quantile   = quantile
	ClientAddr = clientAddr
)

// Body is what the handler replies with.
const Body = body
