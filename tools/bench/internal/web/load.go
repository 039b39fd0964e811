package web

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
)

// sliceSeconds is how long wrk runs at a time: long enough that connecting does not count, and short enough that what
// disturbs the machine disturbs the server and its twin alike.
const sliceSeconds = 2

// A tally is what the slices of one server add up to.
type tally struct {
	requests, served int // as wrk counts them, and as the handler does
	cpu, wrkCPU      time.Duration
	took             time.Duration
	p50, p99         []time.Duration // of each slice
}

// load measures the server under wrk, and its twin in the same time: slices of both alternate, the first of a pair being
// now the one and then the other.
func (m *measurement) load() (s spec.Sample, err error) {
	path, err := Wrk()
	if err != nil {
		return nil, err
	}
	servers := []*server{m.server}
	if twin := m.c.Twin(); twin != m.c {
		t, err := m.start(twin)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, t.Stop()) }()
		servers = append(servers, t)
	}
	span := max(1, m.c.SpanMs/1000)
	seconds := min(sliceSeconds, span)
	tallies := make([]tally, len(servers))
	if span > 1 { // a run of a second is not for its figures
		for _, server := range servers {
			if err := m.slice(server, path, 1, &tally{}); err != nil {
				return nil, err
			}
		}
	}
	for k := range (span + seconds - 1) / seconds {
		for i := range servers {
			at := (i + k) % len(servers)
			if err := m.slice(servers[at], path, seconds, &tallies[at]); err != nil {
				return nil, err
			}
		}
	}
	return sample(tallies), nil
}

// slice runs wrk once and adds to t.
func (m *measurement) slice(server *server, path string, seconds int, t *tally) error {
	before, err := m.settled(server)
	if err != nil {
		return err
	}
	r, err := runWrk(m.ctx, path, m.loadOn, "http://"+server.Addr+"/", m.c.Live, m.c.Workers, seconds)
	if err != nil {
		return err
	}
	after, err := m.settled(server)
	if err != nil {
		return err
	}
	// At its end wrk drops the requests in flight, one on each connection, which the server may serve then. Those of the slice
	// before are over once the server has settled, unless the machine has stalled.
	served := int(after.Requests - before.Requests)
	if served < r.requests || served > r.requests+2*m.c.Live {
		return fmt.Errorf("web: wrk with %d connections counts %d requests, and the server %d", m.c.Live, r.requests, served)
	}
	t.requests += r.requests
	t.served += served
	t.cpu += time.Duration(after.CPUNs - before.CPUNs)
	t.wrkCPU += r.cpu
	t.took += r.took
	t.p50, t.p99 = append(t.p50, r.p50), append(t.p99, r.p99)
	return nil
}

// settled returns the server's usage once it serves no more requests.
func (m *measurement) settled(server *server) (usage, error) {
	for last := int64(-1); ; {
		u, err := server.usage("usage")
		if err != nil || u.Requests == last {
			return u, err
		}
		last = u.Requests
		select {
		case <-time.After(readEvery):
		case <-m.ctx.Done():
			return u, context.Cause(m.ctx)
		}
	}
}

// sample makes a sample of the first tally, with the ratios to the second if there is one.
func sample(tallies []tally) spec.Sample {
	t := tallies[0]
	s := spec.Sample{
		spec.CPUNs:      float64(t.cpu) / float64(t.served),
		spec.Rate:       float64(t.requests) / t.took.Seconds(),
		spec.P50Us:      us(median(t.p50)),
		spec.P99Us:      us(median(t.p99)),
		spec.LoadNs:     float64(t.wrkCPU) / float64(t.requests),
		spec.LoadBusy:   100 * float64(t.wrkCPU) / float64(t.took),
		spec.ServerBusy: 100 * float64(t.cpu) / float64(t.took),
	}
	if len(tallies) > 1 {
		twin := sample(tallies[1:])
		for _, metric := range []string{spec.CPUNs, spec.Rate, spec.P50Us, spec.P99Us} {
			s[metric+spec.Paired] = s[metric] / twin[metric]
		}
	}
	return s
}

func median(ds []time.Duration) time.Duration { return quantile(slices.Sorted(slices.Values(ds)), 0.5) }
