package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/moduvex/moduvex-go/tools/bench/internal/peer"
	"github.com/moduvex/moduvex-go/tools/bench/internal/proc"
	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
)

const (
	// spareFiles is how many descriptors a process has beside its connections, at most.
	spareFiles = 100
	// perClient is how many connections a client has at most: fewer than there are ports for one address.
	perClient = 10_000
	// warmConns is how many connections come and go before the memory without connections is read, so that what the first
	// request costs once is in it.
	warmConns = 64
)

// FitConns returns how many connections a server may have, at most want.
func FitConns(want int) (int, error) {
	files, err := proc.Files(want + spareFiles)
	return files - spareFiles, err
}

// A measurement is a server under measurement.
type measurement struct {
	ctx    context.Context
	c      spec.Case
	cmds   Commands
	server *peer.Process
	hello  hello
	loadOn []int // processors of clients and wrk; nil is any
}

// Measure measures a part of W11.
//
// A server that is pinned has the first processor to itself, and the load has the others. On one processor both share it.
func Measure(ctx context.Context, c spec.Case, cmds Commands) (s spec.Sample, err error) {
	m := &measurement{ctx: ctx, c: c, cmds: cmds}
	part := map[string]func() (spec.Sample, error){spec.Idle: m.idle, spec.Load: m.load, spec.Mixed: m.mixed}[c.Part]
	if part == nil {
		return nil, fmt.Errorf("web: no part %q", c.Part)
	}
	if err := proc.NeedFiles(c.Live + spareFiles); err != nil {
		return nil, err
	}
	var serverOn []int
	if c.Pinned {
		cpus, err := proc.Processors()
		if err != nil {
			return nil, err
		}
		if len(cpus) > 1 {
			serverOn, m.loadOn = cpus[:1], cpus[1:]
		}
	}
	if m.server, err = peer.Start(cmds.Server(ctx), serverOn); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, m.server.Stop()) }()
	line, err := m.server.Line()
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(line), &m.hello); err != nil {
		return nil, err
	}
	return part()
}

// idle measures the memory of connections that wait, and then that each of them still serves.
func (m *measurement) idle() (s spec.Sample, err error) {
	if err := m.connected(min(warmConns, m.c.Live), func([]*peer.Process) error { return nil }); err != nil {
		return nil, err
	}
	empty, err := m.usage("quiet 0")
	if err != nil {
		return nil, err
	}
	err = m.connected(m.c.Live, func(clients []*peer.Process) error {
		idle, err := m.usage(fmt.Sprintf("quiet %d", m.c.Live))
		if err != nil {
			return err
		}
		if n := idle.Requests - empty.Requests; n != int64(m.c.Live) {
			return fmt.Errorf("web: the server saw %d requests of %d connections", n, m.c.Live)
		}
		if _, err := ask(clients, "again"); err != nil {
			return fmt.Errorf("web: after the connections were idle: %w", err)
		}
		again, err := m.usage("usage")
		if err != nil {
			return err
		}
		if n := again.Requests - idle.Requests; n != int64(m.c.Live) {
			return fmt.Errorf("web: the server saw %d requests of %d connections that were idle", n, m.c.Live)
		}
		per := func(bytes int64) float64 { return float64(bytes) / float64(m.c.Live) }
		s = spec.Sample{
			spec.TaskBytes: per(idle.Resident - empty.Resident),
			spec.HeapBytes: per(idle.InUse - empty.InUse),
			spec.RSS:       float64(idle.Resident) / 1e6,
			spec.GoCount:   float64(idle.Goroutines),
		}
		if m.c.IsOurs() {
			s[spec.ParkedPart] = 100 * per(int64(idle.Parked))
		}
		return nil
	})
	return s, err
}

// mixed measures connections of which half send a request now and then.
func (m *measurement) mixed() (s spec.Sample, err error) {
	err = m.connected(m.c.Live, func(clients []*peer.Process) error {
		before, err := m.usage(fmt.Sprintf("quiet %d", m.c.Live))
		if err != nil {
			return err
		}
		rounds := max(1, m.c.Units/(m.c.Live/2))
		begin := time.Now()
		r, err := ask(clients, fmt.Sprintf("run %d %d", rounds, m.c.SpanMs))
		if err != nil {
			return err
		}
		wall := time.Since(begin)
		after, err := m.usage("usage")
		if err != nil {
			return err
		}
		if n := after.Requests - before.Requests; n != int64(r.Requests) || r.Requests == 0 {
			return fmt.Errorf("web: the server saw %d requests of %d", n, r.Requests)
		}
		slices.Sort(r.Latencies)
		s = spec.Sample{
			spec.CPUNs:   float64(after.CPUNs-before.CPUNs) / float64(r.Requests),
			spec.Rate:    float64(r.Requests) / wall.Seconds(),
			spec.P50Us:   us(quantile(r.Latencies, 0.5)),
			spec.P99Us:   us(quantile(r.Latencies, 0.99)),
			spec.GoCount: float64(after.Goroutines),
		}
		return nil
	})
	return s, err
}

// load measures the server under wrk.
func (m *measurement) load() (spec.Sample, error) {
	path, err := Wrk()
	if err != nil {
		return nil, err
	}
	run := func(seconds int) (wrkReport, error) {
		return runWrk(m.ctx, path, m.loadOn, "http://"+m.hello.Addr+"/", m.c.Live, m.c.Workers, seconds)
	}
	seconds := (m.c.SpanMs + 999) / 1000
	if seconds > 1 { // wrk has whole seconds, and a small run is not for its figures
		if _, err := run(1); err != nil {
			return nil, err
		}
	}
	before, err := m.settled()
	if err != nil {
		return nil, err
	}
	r, err := run(seconds)
	if err != nil {
		return nil, err
	}
	after, err := m.settled()
	if err != nil {
		return nil, err
	}
	// At its end each run of wrk drops the requests in flight, one on each connection, which the server may serve then. Those
	// of the first run are over when the server has settled, unless the machine has stalled.
	served := int(after.Requests - before.Requests)
	if served < r.requests || served > r.requests+2*m.c.Live {
		return nil, fmt.Errorf("web: wrk with %d connections counts %d requests, and the server %d", m.c.Live, r.requests, served)
	}
	cpu := float64(after.CPUNs - before.CPUNs)
	return spec.Sample{
		spec.CPUNs:      cpu / float64(served),
		spec.Rate:       float64(r.requests) / r.took.Seconds(),
		spec.P50Us:      us(r.p50),
		spec.P99Us:      us(r.p99),
		spec.LoadNs:     float64(r.cpu) / float64(r.requests),
		spec.LoadBusy:   100 * float64(r.cpu) / float64(r.took),
		spec.ServerBusy: 100 * cpu / float64(r.took),
	}, nil
}

// connected runs f while n connections are there, of as many clients as that needs. They connect one client after the other.
func (m *measurement) connected(n int, f func(clients []*peer.Process) error) (err error) {
	var clients []*peer.Process
	defer func() {
		for _, p := range clients {
			err = errors.Join(err, p.Stop())
		}
	}()
	count := (n + perClient - 1) / perClient
	for k := range count {
		cfg := ClientConfig{Addr: m.hello.Addr, From: clientAddr(k), Conns: (k+1)*n/count - k*n/count, Cert: m.hello.Cert}
		p, err := peer.Start(m.cmds.Client(m.ctx, cfg), m.loadOn)
		if err != nil {
			return err
		}
		clients = append(clients, p)
		if word, err := p.Line(); err != nil || word != "connected" {
			return fmt.Errorf("web: client %d says %q, %w", k, word, err)
		}
	}
	return f(clients)
}

// clientAddr is the address of client k: all of 127/8 is this machine.
func clientAddr(k int) string { return fmt.Sprintf("127.0.%d.%d", 1+k/250, 1+k%250) }

// ask has all clients do something at once, and puts their reports together.
func ask(clients []*peer.Process, line string) (all clientReport, err error) {
	reports, errs := make([]clientReport, len(clients)), make([]error, len(clients))
	var wg sync.WaitGroup
	for k, p := range clients {
		wg.Go(func() { errs[k] = p.Request(line, &reports[k]) })
	}
	wg.Wait()
	for _, r := range reports {
		all.Requests += r.Requests
		all.Latencies = append(all.Latencies, r.Latencies...)
	}
	return all, errors.Join(errs...)
}

// settled returns the server's usage once it serves no more requests.
func (m *measurement) settled() (usage, error) {
	for last := int64(-1); ; {
		u, err := m.usage("usage")
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

func (m *measurement) usage(line string) (u usage, err error) { return u, m.server.Request(line, &u) }

// quantile returns the one of sorted values that the fraction q of them does not exceed.
func quantile(sorted []time.Duration, q float64) time.Duration {
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

func us(d time.Duration) float64 { return float64(d) / 1e3 }
