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
	ctx      context.Context
	c        spec.Case
	cmds     Commands
	server   *server
	serverOn []int // its processors; nil is any
	loadOn   []int // those of clients and wrk; nil is any
}

// A server is a process that has said hello.
type server struct {
	*peer.Process
	hello
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
	if c.Pinned {
		cpus, err := proc.Processors()
		if err != nil {
			return nil, err
		}
		if len(cpus) > 1 {
			m.serverOn, m.loadOn = cpus[:1], cpus[1:]
		}
	}
	if m.server, err = m.start(c); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, m.server.Stop()) }()
	return part()
}

// start starts the server of a case, which the caller stops.
func (m *measurement) start(c spec.Case) (*server, error) {
	p, err := peer.Start(m.cmds.Server(m.ctx, c), m.serverOn)
	if err != nil {
		return nil, err
	}
	s := &server{Process: p}
	line, err := p.Line()
	if err == nil {
		err = json.Unmarshal([]byte(line), &s.hello)
	}
	if err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	return s, nil
}

// idle measures the memory of connections that wait, and then that each of them still serves.
func (m *measurement) idle() (s spec.Sample, err error) {
	if err := m.connected(min(warmConns, m.c.Live), func([]*peer.Process) error { return nil }); err != nil {
		return nil, err
	}
	empty, err := m.server.usage("quiet 0")
	if err != nil {
		return nil, err
	}
	err = m.connected(m.c.Live, func(clients []*peer.Process) error {
		idle, err := m.server.usage(fmt.Sprintf("quiet %d", m.c.Live))
		if err != nil {
			return err
		}
		if n := idle.Requests - empty.Requests; n != int64(m.c.Live) {
			return fmt.Errorf("web: the server saw %d requests of %d connections", n, m.c.Live)
		}
		if _, err := ask(clients, "again"); err != nil {
			return fmt.Errorf("web: after the connections were idle: %w", err)
		}
		again, err := m.server.usage("usage")
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
		before, err := m.server.usage(fmt.Sprintf("quiet %d", m.c.Live))
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
		after, err := m.server.usage("usage")
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
		cfg := ClientConfig{Addr: m.server.Addr, From: clientAddr(k), Conns: (k+1)*n/count - k*n/count, Cert: m.server.Cert}
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

func (s *server) usage(line string) (u usage, err error) { return u, s.Request(line, &u) }

// quantile returns the one of sorted values that the fraction q of them does not exceed.
func quantile(sorted []time.Duration, q float64) time.Duration {
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

func us(d time.Duration) float64 { return float64(d) / 1e3 }
